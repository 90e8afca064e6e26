// `recrank run`: scenarios, in CI and by hand.

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "harness/console/output_file.h"
#include "harness/scenario/known_findings.h"
#include "harness/scenario/scenario_files.h"
#include "harness/scenario/scenario_recording.h"
#include "harness/scenario/scenario_reports.h"
#include "harness/scenario/scenario_run.h"
#include "harness/scenario/scenario_select.h"
#include "replay/process/rr_cache.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

ArgumentSpec spec() {
  ArgumentSpec spec;
  spec.usage = "run PLACE... [options]";
  spec.about =
      "Runs scenarios and holds what they find against what they expect. PLACE is a scenario's\n"
      "directory, or one that holds some, at any depth. Status 0: all is as expected; 1: something "
      "is\n"
      "not; 125: something could not be judged; 130: interrupted. A scenario may run commands: "
      "run\n"
      "those only that you trust.";
  spec.examples =
      "  recrank run scenarios/\n"
      "  recrank run scenarios/ --filter label:fast --recordings build/recordings\n"
      "  recrank run scenarios/ --shard 1/4 --junit report.xml --out failures/\n"
      "  recrank run scenarios/ --filter 'swingset-*' --list\n";
  spec.positional_min = 1;
  spec.positional_max = kPlacesMax;
  spec.positional_names = Names::kInput;
  add_value(spec, "filter", "LIST",
            "those of these names (* stands for any text) or label:WORD, separated by commas");
  add_value(spec, "shard", "I/N", "the Ith of N equal parts of the selected ones");
  add_flag(spec, "list", "say which are selected, and run none");
  add_value(spec, "jobs,j", "N", "so many engines side by side (default: the processors)");
  add_value(
      spec, "recordings", "DIR",
      "where recordings are kept that are made or fetched (default: ~/.cache/recrank/recordings)",
      Names::kOutput);
  add_flag(spec, "allow-unjudged",
           "status 0 also where something could not be judged, unless nothing could");
  spec.begin_group("Reports");
  add_value(spec, "js", "on|off",
            "off: no look at the source lines of findings that are not as expected");
  add_value(spec, "out", "DIR", "for reports and last words of every case that is not as expected",
            Names::kOutput);
  add_value(spec, "known", "FILE", "findings that are filed already (docs/scenarios.md)",
            Names::kInput);
  add_value(spec, "junit", "FILE", "the results as JUnit XML", Names::kReport);
  add_value(spec, "sarif", "FILE", "the results as SARIF 2.1.0", Names::kReport);
  add_value(spec, "markdown", "FILE", "the results as Markdown", Names::kReport);
  return spec;
}

// A report that goes to a file of its own. Made before anything runs, so that one that cannot be
// written is told at once.
struct ReportFile {
  ReportFile(const Outputs& outputs, const std::string& path,
             std::string (*make)(const std::vector<ScenarioResult>&))
      : file(outputs, path), write(make) {}
  OutputFile file;
  std::string (*write)(const std::vector<ScenarioResult>&);
};

std::vector<std::unique_ptr<ReportFile>> report_files(const Arguments& arguments,
                                                      const Outputs& outputs) {
  std::vector<std::unique_ptr<ReportFile>> files;
  const auto add = [&](const char* name, std::string (*make)(const std::vector<ScenarioResult>&)) {
    const auto path = arguments.text(name);
    if (path) files.push_back(std::make_unique<ReportFile>(outputs, *path, make));
  };
  add("junit", run_junit);
  add("sarif", run_sarif);
  add("markdown", run_markdown);
  return files;
}

// What was found is told also where not all of it can be written: gives what was lost.
std::vector<std::string> write_files(const std::vector<std::unique_ptr<ReportFile>>& files,
                                     const std::vector<ScenarioResult>& results) {
  std::vector<std::string> lost;
  for (const ScenarioResult& scenario : results) {
    for (const CaseResult& each : scenario.cases) {
      if (!each.files_lost.empty()) lost.push_back(each.files_lost);
    }
  }
  for (const auto& each : files) {
    try {
      each->file.write(each->write(results));
      each->file.commit();
    } catch (const Error& error) {
      lost.emplace_back(error.what());
    }
  }
  return lost;
}

std::vector<ScenarioEntry> select(const Arguments& arguments) {
  const Shard shard = parse_shard(arguments.text("shard").value_or("1/1"));
  const std::vector<std::string>& places = arguments.positional();
  std::vector<ScenarioEntry> entries = load_scenarios({places.begin(), places.end()});
  const size_t all = entries.size();
  const auto filter = arguments.text("filter");
  if (filter) std::erase_if(entries, [&](const auto& each) { return !fits_filter(each, *filter); });
  const size_t filtered = entries.size();
  entries = take_shard(std::move(entries), shard);
  if (!entries.empty()) return entries;
  if (filtered == 0) {
    throw Error(ErrorCode::kUnsupported, "--filter " + printable(*filter, 200) +
                                             " selects none of " + counted(all, "scenario") +
                                             "; --list without it shows what there is");
  }
  throw Error(ErrorCode::kUnsupported, "--shard " + *arguments.text("shard") + " is empty: only " +
                                           counted(filtered, "scenario") +
                                           (filtered == 1 ? " is" : " are") +
                                           " selected; take no more shards than that");
}

fs::path recordings_directory(const Arguments& arguments) {
  if (const auto given = arguments.text("recordings")) return *given;
  const fs::path cache = recrank_cache_directory();
  return cache.empty() ? fs::path() : cache / "recordings";
}

size_t jobs_from(const Arguments& arguments) {
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const uint64_t jobs = arguments.number("jobs").value_or(std::min(cores, kJobsMax));
  if (jobs < 1 || jobs > kJobsMax) {
    throw Error(ErrorCode::kUsage, "--jobs takes a number from 1 to " + std::to_string(kJobsMax));
  }
  return jobs;
}

RunRequest request_from_call(const Arguments& arguments) {
  RunRequest request;
  request.jobs = jobs_from(arguments);
  request.looks_at_source = arguments.choice("js", {"on", "off"}) != "off";
  if (const auto known = arguments.text("known")) request.known = load_known_findings(*known);
  request.entries = select(arguments);
  request.recordings = recordings_directory(arguments);
  if (const auto out = arguments.text("out")) {
    request.out = *out;
    if (!arguments.flag("list")) claim_case_directory(*out, arguments.flag("force"));
  }
  return request;
}

// What the scenarios rest on, beside what lies in their directories.
void protect_evidence(const RunRequest& request, Outputs& outputs) {
  for (const ScenarioEntry& entry : request.entries) {
    if (!entry.scenario) continue;
    outputs.protect(entry.scenario->recording.path, Reads::kRecording);
    if (entry.scenario->checkpoint) {
      outputs.protect(entry.scenario->checkpoint->path, Reads::kRecording);
    }
  }
}

CommandResult list(const RunRequest& request) {
  const RecordingStore store(request.recordings, {});
  CommandResult result;
  result.report = {{"schema", "recrank.run/1"}, {"listed", Json::array()}};
  std::vector<std::vector<std::string>> rows{
      {"scenario", "labels", "engines", "recording", "title"}};
  for (const ScenarioEntry& entry : request.entries) {
    Json item{{"name", entry.name}, {"file", printable(entry.file)}};
    if (!entry.scenario) {
      item["error"] = printable(entry.why);
      rows.push_back({entry.name, "", "", "", "cannot be used: " + printable(entry.why)});
    } else {
      const Scenario& scenario = *entry.scenario;
      const bool there = store.is_there(scenario);
      item["title"] = printable(scenario.title);
      item["labels"] = scenario.labels;
      item["engines"] = Json::array();
      for (const ScenarioEngine& each : scenario.engines)
        item["engines"].push_back(printable(each.spec.name));
      item["recording_there"] = there;
      rows.push_back(
          {entry.name, joined(scenario.labels, " "), std::to_string(scenario.engines.size()),
           there ? "there" : (scenario.recording.command.empty() ? "missing" : "to be made"),
           printable(scenario.title)});
    }
    result.report["listed"].push_back(std::move(item));
  }
  result.text = format_table(rows);
  return result;
}

std::string case_line(const std::string& scenario, const CaseResult& result) {
  std::string line = scenario + ": " + result.name + ": " + std::string(to_string(result.outcome));
  if (result.wall_s > 0) line += ", " + formatted(result.wall_s, "%.1f s");
  if (!result.why.empty()) line += ": " + result.why;
  return printable(line);
}

int exit_status_for(const std::vector<ScenarioResult>& results, bool allow_unjudged) {
  const auto any = [&](CaseOutcome outcome) {
    return std::any_of(results.begin(), results.end(),
                       [&](const ScenarioResult& each) { return outcome_of(each) == outcome; });
  };
  if (any(CaseOutcome::kInterrupted)) return kExitInterrupted;
  if (any(CaseOutcome::kOtherwise)) return kExitDiverged;
  const bool nothing = count_cases(results).as_expected == 0;
  if (nothing || (any(CaseOutcome::kNotJudged) && !allow_unjudged)) return kExitUnjudged;
  return kExitClean;
}

CommandResult run_run(const Arguments& arguments, Context& context) {
  const RunRequest request = request_from_call(arguments);
  protect_evidence(request, context.outputs);
  if (arguments.flag("list")) return list(request);
  const auto files = report_files(arguments, context.outputs);
  const bool quiet = arguments.flag("quiet");
  std::ostream& err = context.console.err;
  RunObserver observer;
  observer.on_note = [&](const std::string& note) {
    if (!quiet) err << "note: " << printable(note) << std::endl;
  };
  observer.on_case = [&](const std::string& scenario, const CaseResult& result) {
    if (!quiet) err << case_line(scenario, result) << std::endl;
  };
  const std::vector<ScenarioResult> results =
      run_scenarios(request, EngineRegistry::load(), context.interrupt, observer);
  return {exit_status_for(results, arguments.flag("allow-unjudged")), run_json(results),
          run_text(results), write_files(files, results)};
}

}  // namespace

const Command kRunCommand{"run", "run scenarios and hold what they find against what they expect",
                          spec, run_run};

}  // namespace recrank
