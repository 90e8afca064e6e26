// `recrank scenario`: a verdict just seen becomes a scenario; files of scenarios are checked.

#include <filesystem>
#include <system_error>

#include "base/atomic_directory.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/cli/packing.h"
#include "harness/console/exit_status.h"
#include "harness/engines/engine_setup.h"
#include "harness/request/capsule_replay.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "harness/scenario/new_scenario.h"
#include "harness/scenario/scenario_run.h"
#include "harness/scenario/scenario_select.h"
#include "harness/session/nearby_steps.h"
#include "snapshot/capsule/capsule_writer.h"
#include "snapshot/journal/journal.h"
#include "snapshot/journal/journal_writer.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
constexpr const char* kSchema = "recrank.scenarios/1";  // recrank.scenario/1 is the files' own
constexpr uint64_t kScenarioRepeatMax = 10'000;         // as the schema of scenario.json has it

ArgumentSpec scenario_spec() {
  ArgumentSpec spec;
  spec.usage = "scenario new RECORDING -o DIR [--vat V] [options] | scenario check PLACE...";
  spec.about =
      "new: replays one vat, program or node and turns the verdict into a scenario: DIR with\n"
      "scenario.json, README.md and the recording up to the finding (recording.crank or "
      "events.jsonl).\n"
      "The scenario is run once before DIR appears, and must come out as it says. Today's crash "
      "is\n"
      "tomorrow's regression test: add the engines on which it must not be seen.\n"
      "check: reads scenario.json of every scenario at PLACE and names the lines that are wrong.\n"
      "Nothing is run.";
  spec.examples =
      "  recrank scenario new chain.slog.gz --vat v9 -o scenarios/bank-crash\n"
      "  recrank scenario new events.jsonl --engine bun-1.3.13.json -o scenarios/regexp --repeat "
      "10\n"
      "  recrank scenario check scenarios/\n";
  spec.positional_min = 2;
  spec.positional_max = 1 + kPlacesMax;
  spec.positional_names = Names::kInput;
  spec.positional_named = 1;
  add_value(spec, "output,o", "DIR", "with new: the directory to make; must not be there",
            Names::kOutput);
  add_value(spec, "title", "TEXT", "with new: its title (default: the finding)");
  add_value(spec, "repeat", "N",
            "with new: so many runs, there and here; a finding of some of them gets a rate");
  spec.take_options_of(kScenarioTakes);
  return spec;
}

// The engine as the scenario will name it: a known one by its name, another by its path from there.
ScenarioEngineWords engine_words(const EngineRegistry& registry, const EngineIdentity& identity,
                                 const fs::path& directory) {
  ScenarioEngineWords words{identity.name, "", how_to_get(registry, identity)};
  for (const EngineEntry& entry : registry.entries()) {
    if (entry.name == identity.name) return words;
  }
  fs::path file = fs::absolute(identity.name).lexically_normal();
  if (!file.has_filename()) file = file.parent_path();
  // "..", as the system takes it, leads out of where a directory really is.
  const fs::path real = fs::weakly_canonical(file.parent_path()) / file.filename();
  words.engine = real.lexically_relative(fs::weakly_canonical(directory)).string();
  words.name = (file.extension() == ".json" ? file.stem() : file.filename()).string();
  words.needs =
      "put the engine there, or name another place in \"engine\"; its sha256 is in README.md";
  return words;
}

// Writes the recording and gives its name.
std::string write_recording(Packing& packing, const fs::path& directory) {
  const CapsuleRequest& request = packing.request;
  // Text that people can read, wherever that is enough.
  if (program::journal_can_hold(packing.recording, request.checkpoint)) {
    program::write_journal(packing.recording, request.subject_id, request.range.end,
                           directory / "events.jsonl");
    return "events.jsonl";
  }
  collect(packing);
  write_capsule(packing.recording, packing.request, directory / "recording.crank");
  return "recording.crank";
}

void write_text(const fs::path& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

// All but its name.
Json write_scenario(Packing& packing, const fs::path& directory) {
  SubjectSession& session = *packing.session;
  static_cast<void>(add_nearby_steps(packing.recording, session.report));
  SeenVerdict seen;
  seen.title = packing.arguments.text("title").value_or("");
  seen.recording_file = write_recording(packing, directory);
  seen.brings_options = seen.recording_file.ends_with(".crank");
  seen.subject_id = seen.brings_options ? packing.base.subject_id : program::kProgramSubject;
  seen.identity = packing.engine->identity();
  seen.engine = engine_words(packing.registry, seen.identity, directory);
  seen.source = packing.recording.info();
  seen.range = packing.request.range;
  seen.begin = packing.request.checkpoint.label();
  seen.session = &session;
  const Json scenario = new_scenario_json(seen, packing.arguments);
  write_text(directory / kScenarioFile, json_text(scenario, 2) + "\n");
  const std::string sha256 = sha256_hex_of_file(directory / seen.recording_file);
  write_text(directory / "README.md",
             new_scenario_readme(seen, packing.arguments, scenario, sha256));
  return scenario;
}

// What was written is read back and run.
CaseResult prove(const fs::path& directory, const EngineRegistry& registry, Context& context) {
  RunRequest request;
  request.entries = load_scenarios({directory});
  RunObserver observer;
  observer.on_note = [](const std::string&) {};
  observer.on_case = [](const std::string&, const CaseResult&) {};
  std::vector<ScenarioResult> results =
      run_scenarios(request, registry, context.interrupt, observer);
  return std::move(results.front().cases.front());
}

[[noreturn]] void refuse(const CaseResult& proof, size_t runs) {
  std::string text = "nothing was written: run again, it is " +
                     std::string(to_string(proof.outcome)) + ": " + proof.why;
  if (proof.outcome == CaseOutcome::kOtherwise && runs == 1) {
    text += " (it does not come every time: --repeat 20 makes a scenario of its rate)";
  }
  throw Error(ErrorCode::kUnsupported, text);
}

CommandResult interrupted() {
  return {kExitInterrupted,
          {{"schema", kSchema}, {"action", "new"}, {"verdict", {{"kind", "interrupted"}}}},
          "interrupted: nothing was written\n"};
}

CommandResult report(const Packing& packing, const Json& scenario, const CaseResult& proof,
                     const std::string& to) {
  const std::string next = "recrank run " + shell_quote(to);
  CommandResult result;
  result.report = {
      {"schema", kSchema},
      {"action", "new"},
      {"directory", printable(to)},
      {"scenario", scenario},
      {"engine", to_json(packing.engine->identity())},
      {"verdict", to_json(packing.session->report.result.verdict, {})},
      {"proof", {{"outcome", to_string(proof.outcome)}, {"found", printable(proof.found)}}},
      {"next", next}};
  result.text =
      "written   " + printable(to) + "\ntitle     " + scenario["title"].get<std::string>() +
      "\nexpected  " + printable(proof.expected) + "\nfound     " + printable(proof.found) +
      ", as expected, when it was run from there\nnext      " + next +
      "\n          write its story into README.md, which may name paths of this machine;\n"
      "          add other engines, each with what is expected of it\n";
  return result;
}

size_t repeat_from(const Arguments& arguments) {
  const uint64_t runs = arguments.number("repeat").value_or(1);
  if (runs < 1 || runs > kScenarioRepeatMax) {
    throw Error(ErrorCode::kUsage,
                "--repeat takes a number from 1 to " + std::to_string(kScenarioRepeatMax));
  }
  return runs;
}

CommandResult run_new(const Arguments& given, Context& context) {
  const auto to = given.text("output");
  if (!to) throw Error(ErrorCode::kUsage, "where to? -o DIR");
  if (given.positional().size() != 2) throw Error(ErrorCode::kUsage, "new takes one recording");
  const size_t runs = repeat_from(given);
  context.outputs.protect(given.positional()[1], Reads::kRecording);
  context.outputs.require_apart(*to);
  AtomicDirectory directory(*to);
  const auto recording = open_evidence(given.call(1)).recording;
  const Arguments arguments = given.with(options_for(given, *recording));
  const EngineRegistry registry = EngineRegistry::load();
  Packing packing = begin_packing(*recording, arguments, registry);
  choose_engine(packing);
  if (!arguments.flag("quiet")) {
    for (const std::string& note : packing.notes)
      context.console.err << "note: " << printable(note) << "\n";
  }
  const bool seen = see_verdict(packing, context, runs);
  if (!seen || packing.session->repeated.stopped == StopReason::kInterrupted) return interrupted();
  const Json scenario = write_scenario(packing, directory.path());
  const CaseResult proof = prove(directory.path(), registry, context);
  if (proof.outcome == CaseOutcome::kInterrupted) return interrupted();
  if (proof.outcome != CaseOutcome::kAsExpected) refuse(proof, runs);
  directory.commit();
  return report(packing, scenario, proof, *to);
}

CommandResult run_check(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  CommandResult result;
  result.report = {{"schema", kSchema}, {"action", "check"}, {"scenarios", Json::array()}};
  size_t bad = 0;
  for (const ScenarioEntry& entry : load_scenarios({words.begin() + 1, words.end()})) {
    Json item{{"name", printable(entry.name)},
              {"file", printable(entry.file)},
              {"valid", entry.scenario.has_value()}};
    if (!entry.scenario) {
      ++bad;
      item["error"] = printable(entry.why);
      result.text += printable(entry.why, entry.why.size()) + "\n";
    }
    result.report["scenarios"].push_back(std::move(item));
  }
  const size_t all = result.report["scenarios"].size();
  result.text +=
      counted_of(all - bad, all, "scenario file") + (all == 1 ? " is" : " are") + " valid\n";
  result.exit_status = bad == 0 ? kExitClean : kExitUnjudged;
  return result;
}

CommandResult run_scenario(const Arguments& arguments, Context& context) {
  const std::string& action = arguments.positional().front();
  if (action == "new") return run_new(arguments, context);
  if (action == "check") return run_check(arguments);
  throw Error(ErrorCode::kUsage,
              "scenario takes new or check, not '" + printable(action, 60) + "'");
}

}  // namespace

const Command kScenarioCommand{"scenario", "make a scenario of a verdict; check scenario files",
                               scenario_spec, run_scenario, kSchema};

}  // namespace recrank
