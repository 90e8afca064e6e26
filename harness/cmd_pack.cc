// `recrank pack`: everything that a replay of one vat and range needs, in one file.

#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "harness/capsule_replay.h"
#include "harness/choose.h"
#include "harness/command.h"
#include "harness/engine_setup.h"
#include "harness/exit_status.h"
#include "harness/progress.h"
#include "harness/replay_options.h"
#include "harness/replay_session.h"
#include "replay/worker_seat.h"
#include "snapshot/capsule_writer.h"
#include "snapshot/open_recording.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

constexpr size_t kNoteBytesMax = size_t{64} << 10;

// Those of `replay` that say what is replayed and how. It is replayed once: how sure a verdict is,
// `replay FILE.crank` can say as well.
constexpr std::array kFromReplay{
    "vat"sv,           "from"sv,         "to"sv,           "from-genesis"sv,   "engine"sv,
    "on-divergence"sv, "compare"sv,      "aslr"sv,         "capture"sv,        "meter-limit"sv,
    "step-limit"sv,    "wall-limit"sv,   "cpu-limit"sv,    "memory-limit"sv,   "cache-size"sv,
    "vat-parameters"sv, "vat-bundle"sv,  "lockdown"sv,     "supervisor"sv,     "dialect"sv,
    "enable-disavow"sv, "trust-checkpoint"sv};

ArgumentSpec pack_spec() {
  ArgumentSpec spec;
  spec.usage = "pack RECORDING -o FILE.crank [--vat V] [--from N] [--to N] [options]";
  spec.about =
      "Packs one vat and range into a capsule: bundles, checkpoint, steps with what is expected of\n"
      "them, the engine's identity and the verdict. `recrank replay FILE.crank` needs nothing else\n"
      "but an engine. The range is replayed first, and ends with the step of the finding. Options\n"
      "that bound a run (--memory-limit, …) go into the capsule and hold for its replays. Equal\n"
      "input gives equal bytes.";
  spec.examples =
      "  recrank pack ~/.agoric/data/agoric --vat v9 -o v9.crank\n"
      "  recrank pack swingstore.sqlite --vat bank --from 3000 --to 3100 -o bank.crank\n"
      "  recrank pack chain.slog.gz --vat v9 --memory-limit 1500MB --note 'as reported' -o c.crank\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  add_value(spec, "output,o", "FILE", "the capsule to write; must not be there, unless --force");
  add_value(spec, "note", "TEXT", "a line for people, kept in the capsule");
  add_flag(spec, "no-verdict", "do not replay; the capsule claims no verdict");
  add_flag(spec, "all-checkpoints", "pack the heap snapshots inside the range as well");
  add_flag(spec, "force", "replace the file that is there");
  spec.take_from(replay_spec(), kFromReplay);
  return spec;
}

// What is known of a capsule before it is written.
struct Packing {
  const Recording& recording;
  const Arguments& arguments;
  const EngineRegistry& registry;
  std::unique_ptr<Engine> engine;  // null: none was needed
  ReplayRequest base;              // with the subject
  CapsuleRequest request;
  std::vector<std::string> notes;  // for standard error
  std::optional<SubjectSession> session;
};

void choose_engine(Packing& packing) {
  std::string note;
  packing.engine = choose_engine(packing.registry, packing.recording, packing.arguments, note);
  if (!note.empty()) packing.notes.push_back(note);
}

// The range up to the finding, and the finding.
void see_verdict(Packing& packing, Context& context) {
  SessionRequest session;
  session.base = packing.base;
  session.subject_ids = {packing.base.subject_id};
  ProgressTotals totals;
  if (context.console.progress) {
    const SessionSize size = measure_session(packing.recording, session, context.interrupt);
    totals = {size.steps, size.computrons};
  }
  Progress progress(context.console.err, context.console.progress, packing.base.subject_id, totals);
  packing.session = std::move(
      run_session(packing.recording, *packing.engine, session, context.interrupt, &progress)
          .front());
  const ReplayResult& result = packing.session->report.result;
  const Verdict& verdict = result.verdict;
  if (verdict.kind == VerdictKind::kInterrupted) return;
  if (verdict.kind == VerdictKind::kUnjudged) {
    throw Error(ErrorCode::kUnsupported,
                "its replay is unjudged: " + verdict.reason + " (--no-verdict packs without one)");
  }
  CapsuleRequest& request = packing.request;
  request.range = result.plan.range;
  request.checkpoint = result.plan.checkpoint;
  if (verdict.step && packing.base.on_divergence == OnDivergence::kStop) {
    request.range.end = *verdict.step + 1;
  }
  request.verdict = {std::string(to_string(verdict.kind)), verdict.step, verdict.signature,
                     headline(verdict)};
}

void take_plan(Packing& packing) {
  const ReplayPlan plan = plan_replay(packing.recording, packing.base);
  packing.request.range = plan.range;
  packing.request.checkpoint = plan.checkpoint;
  const HashReport hashes = packing.recording.verify({packing.base.subject_id, plan.range});
  for (const Damage& damage : hashes.damage) {
    throw Error(ErrorCode::kInvalidData,
                "the evidence is damaged: " + damage.place + ": " + damage.what);
  }
}

VatSetup setup_at(Packing& packing, uint64_t step) {
  VatSetup setup = overlay_setup(packing.recording.vat_setup(packing.base.subject_id, step),
                                 packing.base.user_setup);
  if (setup.lockdown_bundle && setup.supervisor_bundle) return setup;
  if (packing.engine == nullptr) choose_engine(packing);
  fill_from_engine(setup, packing.registry, packing.engine->identity().name);
  return setup;
}

// Fresh workers start at a genesis that opens the range and at those inside it.
void collect(Packing& packing) {
  CapsuleRequest& request = packing.request;
  const bool genesis = request.checkpoint.kind == CheckpointKind::kGenesis;
  request.setup =
      genesis ? setup_at(packing, request.range.begin)
              : overlay_setup(packing.recording.vat_setup(request.subject_id, request.range.begin),
                              packing.base.user_setup);
  for (const Checkpoint& each : packing.recording.checkpoints(request.subject_id)) {
    if (!each.available || each.next_step <= request.range.begin) continue;
    if (each.next_step >= request.range.end) continue;
    if (each.kind == CheckpointKind::kGenesis) {
      request.later_setups.emplace_back(each.next_step, setup_at(packing, each.next_step));
    } else if (packing.arguments.flag("all-checkpoints")) {
      request.more_checkpoints.push_back(each);
    }
  }
  if (packing.engine != nullptr) {
    const EngineIdentity& identity = packing.engine->identity();
    // A path says nothing to somebody else.
    const std::string name = std::filesystem::path(identity.name).filename().string();
    request.engine = {name.empty() ? "engine" : name, identity.sha256, identity.version,
                      identity.dialect, how_to_get(packing.registry, identity)};
  }
  request.replay_options = capsule_options_of(packing.arguments);
  request.snapshot_trust = packing.base.snapshot_trust;
  request.replace_existing = packing.arguments.flag("force");
  if (const auto note = packing.arguments.text("note")) {
    if (note->size() > kNoteBytesMax)
      throw Error(ErrorCode::kUsage, "--note is longer than 64 KiB");
    request.notes.push_back(*note);
  }
}

CommandResult report(const Packing& packing, const std::string& to) {
  const CapsuleRequest& request = packing.request;
  const uint64_t bytes = std::filesystem::file_size(to);
  const uint64_t steps = request.range.end - request.range.begin;
  const std::string command = "recrank replay " + shell_quote(to);
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
      {"path", printable(to)}, {"bytes", bytes}, {"sha256", sha256_hex_of_file(to)}};
  result.report["replay_options"] = request.replay_options;
  result.report["reproduce"] = command;
  result.text = "packed    " + printable(to) + "  " + format_bytes(bytes) + "\n          " +
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

CommandResult run(const Arguments& given, Context& context) {
  const auto to = given.text("output");
  if (!to) throw Error(ErrorCode::kUsage, "where to? -o FILE.crank");
  std::error_code error;
  if (!given.flag("force") &&
      std::filesystem::exists(std::filesystem::symlink_status(*to, error))) {
    throw Error(ErrorCode::kUsage, *to + " is there already; --force replaces it");
  }
  const auto recording = open_recording(given.positional().front());
  refuse_programs(*recording, "pack");
  const Arguments arguments = with_capsule_options(given, *recording);
  const EngineRegistry registry = EngineRegistry::load();
  Packing packing{*recording, arguments, registry, nullptr, request_from(arguments), {}, {}, {}};
  packing.base.subject_id = packing.request.subject_id = choose_subject(*recording, arguments);
  if (!arguments.flag("no-verdict") || arguments.has("engine")) choose_engine(packing);
  if (arguments.flag("no-verdict")) {
    take_plan(packing);
  } else {
    see_verdict(packing, context);
    if (!packing.request.verdict) {
      return {kExitInterrupted,
              {{"schema", "recrank.pack/1"}, {"verdict", {{"kind", "interrupted"}}}},
              "interrupted: nothing was packed\n"};
    }
  }
  collect(packing);
  if (!arguments.flag("quiet")) {
    for (const std::string& note : packing.notes) context.console.err << "note: " << note << "\n";
  }
  write_capsule(*recording, packing.request, *to);
  return report(packing, *to);
}

}  // namespace

const Command kPackCommand{"pack", "put all that a replay of one vat needs into one file",
                           pack_spec, run};

}  // namespace recrank
