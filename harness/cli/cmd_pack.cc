// `recrank pack`: everything that a replay of one subject and range needs, in one file.

#include <filesystem>

#include "base/error.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/cli/packing.h"
#include "harness/console/exit_status.h"
#include "harness/console/output_file.h"
#include "harness/report/verdict_report.h"
#include "harness/request/capsule_replay.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "snapshot/capsule/capsule_writer.h"

namespace recrank {
namespace {

ArgumentSpec pack_spec() {
  ArgumentSpec spec;
  spec.usage = "pack RECORDING -o FILE.crank [--vat V] [--from N] [--to N] [options]";
  spec.about =
      "Packs one vat, program or node and a range of its steps into a capsule: checkpoint, "
      "bundles,\n"
      "steps with what is expected of them, the engine's identity and the verdict. `recrank replay "
      "FILE.crank` needs nothing else\n"
      "but an engine. The range is replayed first, and ends with the step of the finding. Options\n"
      "that bound a run (--memory-limit, …) go into the capsule and hold for its replays. Equal\n"
      "input gives equal bytes.";
  spec.examples =
      "  recrank pack ~/.agoric/data/agoric --vat v9 -o v9.crank\n"
      "  recrank pack swingstore.sqlite --vat bank --from 3000 --to 3100 -o bank.crank\n"
      "  recrank pack chain.slog.gz --vat v9 --memory-limit 1500MB --note 'as reported' -o "
      "c.crank\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  add_value(spec, "output,o", "FILE", "the capsule to write; must not be there, unless --force",
            Names::kOutput);
  add_value(spec, "note", "TEXT", "a line for people, kept in the capsule");
  add_flag(spec, "no-verdict", "do not replay; the capsule claims no verdict");
  add_flag(spec, "all-checkpoints", "pack the heaps or tables inside the range as well");
  spec.take_options_of(kPackTakes);
  return spec;
}

struct WrittenCapsule {
  uint64_t bytes = 0;
  std::string sha256;
};

WrittenCapsule measured(const std::filesystem::path& file) {
  return {std::filesystem::file_size(file), sha256_hex_of_file(file)};
}

WrittenCapsule write_to(const std::string& to, const Packing& packing, const Outputs& outputs) {
  std::error_code absent;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(to, absent));
  const OutputPlace place = there ? outputs.place_of(to) : OutputPlace{.path = to};
  if (place.way != OutputPlace::Way::kThrough) {
    write_capsule(packing.recording, packing.request, place.path);
    return measured(place.path);
  }
  // A capsule is written at places: what takes a stream only gets the finished one.
  const ScratchDir scratch;
  const std::filesystem::path file = scratch.path() / "capsule.crank";
  write_capsule(packing.recording, packing.request, file);
  copy_to_output(outputs, to, file);
  return measured(file);
}

CommandResult report(const Packing& packing, const std::string& to, const WrittenCapsule& written) {
  const CapsuleRequest& request = packing.request;
  const uint64_t steps = request.range.end - request.range.begin;
  const std::string command =
      capsule_command(packing.registry, packing.engine.get(), packing.arguments, to);
  std::string options;
  for (const std::string& word : request.replay_options) options += " " + shell_quote(word);
  CommandResult result;
  result.report = {{"schema", "recrank.pack/1"},
                   {"recording", recording_json(packing.recording.info(), steps)},
                   {"subject",
                    {{"kind", find_subject(packing.recording, request.subject_id).kind},
                     {"id", request.subject_id}}},
                   {"range",
                    {{"from", request.range.begin},
                     {"to", request.range.end - 1},
                     {"checkpoint", request.checkpoint.label()}}}};
  if (packing.engine != nullptr) result.report["engine"] = to_json(packing.engine->identity());
  if (packing.session)
    result.report["verdict"] = to_json(packing.session->report.result.verdict, {});
  result.report["capsule"] = {
      {"path", printable(to)}, {"bytes", written.bytes}, {"sha256", written.sha256}};
  result.report["replay_options"] = request.replay_options;
  result.report["reproduce"] = command;
  result.text = "packed    " + printable(to) + "  " + format_bytes(written.bytes) + "\n          " +
                request.subject_id + "  steps " + std::to_string(request.range.begin) + ".." +
                std::to_string(request.range.end - 1) + " from " + request.checkpoint.label() +
                "\n";
  if (packing.engine != nullptr) {
    result.text += "engine    " + packing.engine->identity().name + "  sha256 " +
                   packing.engine->identity().sha256.substr(0, 12) + "…\n";
  }
  result.text += "expected  " +
                 (request.verdict ? request.verdict->headline : "nothing (--no-verdict)") + "\n";
  if (!options.empty()) result.text += "options  " + options + ", which its replay takes from it\n";
  result.text += "replay    " + command + "\n";
  return result;
}

CommandResult run_pack(const Arguments& given, Context& context) {
  const auto to = given.text("output");
  if (!to) throw Error(ErrorCode::kUsage, "where to? -o FILE.crank");
  std::error_code error;
  if (!given.flag("force") &&
      std::filesystem::exists(std::filesystem::symlink_status(*to, error))) {
    throw Error(ErrorCode::kUsage, *to + " is there already; --force replaces it");
  }
  const auto recording = open_evidence(given.call()).recording;
  const Arguments arguments = given.with(options_for(given, *recording));
  const EngineRegistry registry = EngineRegistry::load();
  Packing packing = begin_packing(*recording, arguments, registry);
  if (!arguments.flag("no-verdict") || arguments.has("engine")) choose_engine(packing);
  if (arguments.flag("no-verdict")) {
    take_plan(packing);
  } else {
    if (!see_verdict(packing, context, 1, " (--no-verdict packs without one)")) {
      return {kExitInterrupted,
              {{"schema", "recrank.pack/1"}, {"verdict", {{"kind", "interrupted"}}}},
              "interrupted: nothing was packed\n"};
    }
  }
  collect(packing);
  if (!arguments.flag("quiet")) {
    for (const std::string& note : packing.notes)
      context.console.err << "note: " << printable(note) << "\n";
  }
  return report(packing, *to, write_to(*to, packing, context.outputs));
}

}  // namespace

const Command kPackCommand{"pack", "put all that a replay of one subject needs into one file",
                           pack_spec, run_pack};

}  // namespace recrank
