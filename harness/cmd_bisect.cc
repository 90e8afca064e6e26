// `recrank bisect`: which engine of a list brought a verdict, or mended it.

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/bisect_report.h"
#include "harness/capsule_replay.h"
#include "harness/choose.h"
#include "harness/command.h"
#include "harness/exit_status.h"
#include "harness/replay_options.h"
#include "replay/rr_cache.h"
#include "snapshot/open_recording.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kJobsMax = 256;
constexpr uint64_t kRunsMax = 100'000;
constexpr uint64_t kLeastRuns = 5;

constexpr std::array kFromReplay{
    "vat"sv,          "all"sv,          "from"sv,            "to"sv,           "from-genesis"sv,
    "compare"sv,      "aslr"sv,         "meter-limit"sv,     "step-limit"sv,   "wall-limit"sv,
    "cpu-limit"sv,    "memory-limit"sv, "vat-parameters"sv,  "cache-size"sv,   "enable-disavow"sv,
    "vat-bundle"sv,   "lockdown"sv,     "supervisor"sv,      "trust-checkpoint"sv};

ArgumentSpec bisect_spec() {
  ArgumentSpec spec;
  spec.usage = "bisect RECORDING --engines LIST [--vat V | --all] [options]";
  spec.about =
      "Finds the engine of an ordered list from which on a recording is no longer replayed as it was:\n"
      "the first at which it diverges, crashes or meets a limit as it does at the end of the list; or,\n"
      "with --find-fix, the first at which it no longer does. Both ends are tested first; every engine\n"
      "is run until it is clear what it does; runs are kept, so that a search that was interrupted goes\n"
      "on. When the ends are not as claimed, every engine is tested. Exit status: 0 a change was found,\n"
      "125 it was not.";
  spec.examples =
      "  recrank bisect swingstore.sqlite --vat v9 --engines ./builds/ --jobs 2\n"
      "  recrank bisect swingstore.sqlite --vat v9 --engines xsnap-0.14.2,xsnap-0.15.0,./mine\n"
      "  recrank bisect swingstore.sqlite --all --dimension supervisor --engines @supervisors.txt\n"
      "  recrank bisect crash.jsonl --engines bun-1.3.12.json,bun-1.3.13.json,bun-1.3.14.json --scan\n"
      "  recrank bisect v9.crank --git ../moddable --range v3.6..v4.2 --engine-command ./build-worker\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  add_value(spec, "engines", "LIST", "NAME,NAME,… in their order, a directory of engines (in the order of their versions), or @FILE with one per line");
  add_value(spec, "dimension", "PART", "what an entry of the list is: engine (default), worker, lockdown or supervisor; the rest is that of --engine");
  add_value(spec, "engine", "E", "with --dimension: the engine that has the other parts (default: the one that suits the recording)");
  add_value(spec, "git", "DIR", "instead of --engines: a git repository whose revisions are the list");
  add_value(spec, "range", "GOOD..BAD", "with --git: the revisions, both ends included, along first parents");
  add_value(spec, "engine-command", "CMD", "with --git: builds the engine of revision $1 and prints its path; status 125: it cannot be built");
  add_flag(spec, "find-fix", "the list begins with an engine that has it: find the first that has it no longer");
  add_flag(spec, "scan", "test every engine of the list");
  add_flag(spec, "any-finding", "every divergence, crash or limit counts, not only the one of the list's end");
  add_value(spec, "jobs,j", "N", "engine processes side by side (default: the processors)");
  add_value(spec, "runs", "N", "most runs of one engine (default 20)");
  add_value(spec, "rate", "SHARE", "the finding shows in this share of a bad engine's runs or more (0 to 1; default: what the bad end bears out)");
  add_value(spec, "perturb", "K", "variations of the good engine at the change (default 8; 0: none)");
  add_value(spec, "markdown", "FILE", "write a report that can be pasted into an issue");
  add_value(spec, "cache", "DIR", "where runs are kept (default: bisect/ in recrank's cache directory)");
  add_flag(spec, "no-cache", "keep no runs and use none");
  spec.take_from(replay_spec(), kFromReplay);
  return spec;
}

uint64_t bounded(const Arguments& arguments, const char* name, uint64_t fallback, uint64_t least, uint64_t most) {
  const uint64_t value = arguments.number(name).value_or(fallback);
  if (value >= least && value <= most) return value;
  throw Error(ErrorCode::kUsage, "--" + std::string(name) + " takes a number from " + std::to_string(least) +
                                     " to " + std::to_string(most));
}

ProbeRule rule_from(const Arguments& arguments) {
  ProbeRule rule;
  rule.runs_max = bounded(arguments, "runs", rule.runs_max, 1, kRunsMax);
  rule.runs_least = std::min(kLeastRuns, rule.runs_max);
  if (const auto rate = arguments.share("rate")) {
    rule.rate_floor = *rate;
    ProbeRule unbounded = rule;
    unbounded.runs_max = kRunsMax;
    if (!arguments.has("runs")) rule.runs_max = std::max(rule.runs_max, passes_needed(unbounded));
  }
  return rule;
}

BisectRequest request_of(const Arguments& arguments) {
  BisectRequest request;
  request.question.replay = request_from(arguments);
  request.question.any_finding = arguments.flag("any-finding");
  request.question.rule = rule_from(arguments);
  request.question.jobs = bounded(arguments, "jobs", std::max(1U, std::thread::hardware_concurrency()), 1, kJobsMax);
  request.find_fix = arguments.flag("find-fix");
  request.scan = arguments.flag("scan");
  request.variations = bounded(arguments, "perturb", 8, 0, kVariationsMax);
  return request;
}

std::unique_ptr<EngineCandidates> candidates_from(const Arguments& arguments, const EngineRegistry& registry,
                                                  const Recording& recording) {
  const auto list = arguments.text("engines");
  const auto git = arguments.text("git");
  if (list.has_value() == git.has_value()) {
    throw Error(ErrorCode::kUsage, "which engines? --engines LIST, or --git DIR with --range and --engine-command");
  }
  if (git) {
    const auto range = arguments.text("range");
    const auto command = arguments.text("engine-command");
    if (!range || !command) throw Error(ErrorCode::kUsage, "--git goes with --range GOOD..BAD and --engine-command CMD");
    return revision_candidates(registry, *git, *range, *command);
  }
  const auto dimension =
      parse_dimension(arguments.choice("dimension", {"engine", "worker", "lockdown", "supervisor"}).value_or("engine"));
  const std::string base = arguments.text("engine").value_or("");
  if (!base.empty() && dimension == Dimension::kEngine) {
    throw Error(ErrorCode::kUsage, "--engine goes with --dimension worker, lockdown or supervisor");
  }
  return listed_candidates(registry, recording.info().era, parse_engine_list(*list, *dimension, base));
}

std::filesystem::path cache_from(const Arguments& arguments) {
  if (arguments.flag("no-cache")) {
    if (arguments.has("cache")) throw Error(ErrorCode::kUsage, "--cache and --no-cache exclude each other");
    return {};
  }
  if (const auto directory = arguments.text("cache")) return *directory;
  const std::filesystem::path home = recrank_cache_directory();
  return home.empty() ? home : home / "bisect";
}

// One line for each engine that was tested, on standard error.
ProbeObserver observer_for(Console& console, bool quiet, const EngineCandidates& candidates) {
  if (quiet) return {};
  return [&console, &candidates](size_t index, const ProbeRecord& record) {
    const std::string name = printable(candidates.name(index), 80);
    if (record.opened.engine == nullptr) {
      console.err << "tested " << name << ": not to be had\n";
    } else if (record.same_as) {
      console.err << "tested " << name << ": the same as " << printable(candidates.name(*record.same_as), 80) << "\n";
    } else {
      console.err << "tested " << name << ": " << record.runs.size() << " runs, " << record.from_cache
                  << " of them from the cache\n";
    }
  };
}

// A plan's first and last step as `replay` takes them: up to the finding.
std::vector<std::string> reproducers(const Arguments& arguments, const BisectResult& result, const std::string& id) {
  std::vector<std::string> commands;
  const uint64_t last = result.finding && result.finding->step ? *result.finding->step : result.range.end - 1;
  for (const BisectEntry& entry : result.entries) {
    if (entry.command_words.empty()) {
      commands.emplace_back();
      continue;
    }
    const ReplayPlan plan{{result.range.begin, last + 1}, result.start};
    commands.push_back(reproduce_command(arguments, id, entry.command_words, plan, last));
  }
  return commands;
}

int exit_of(const std::vector<BisectReport>& reports) {
  bool changed = false;
  for (const BisectReport& report : reports) {
    if (report.result.search.end == SearchEnd::kInterrupted) return kExitInterrupted;
    if (!report.result.search.transitions.empty()) changed = true;
  }
  return changed ? kExitClean : kExitUnjudged;
}

void write_markdown(const std::vector<BisectReport>& reports, const std::string& recording, const std::string& to) {
  AtomicFile file(to);
  for (const BisectReport& report : reports) file.write(bisect_markdown(report, recording) + "\n");
  file.commit();
}

CommandResult make_result(const Recording& recording, const Arguments& arguments,
                          const std::vector<BisectReport>& reports, double wall_s) {
  CommandResult result;
  result.exit_status = exit_of(reports);
  const bool all = arguments.flag("all");
  Json json{{"schema", "recrank.bisect/1"},
            {"recording", recording_json(recording.info(), reports.front().subject.held_count())}};
  json["looked_for"] = arguments.flag("find-fix") ? "first good" : "first bad";
  if (all) {
    json["subjects"] = Json::array();
    for (const BisectReport& report : reports) json["subjects"].push_back(bisect_json(report));
  } else {
    json.update(bisect_json(reports.front()));
  }
  json["cost"]["wall_s"] = wall_s;
  result.report = std::move(json);
  for (const BisectReport& report : reports) result.text += bisect_text(report) + (all ? "\n" : "");
  if (all) result.text += bisect_overview(reports);
  return result;
}

CommandResult run(const Arguments& given, Context& context) {
  const auto began = Clock::now();
  static_cast<void>(request_of(given));  // a wrong call is told before long work
  const auto recording = open_recording(given.positional().front());
  const Arguments arguments = with_capsule_options(given, *recording);
  BisectRequest request = request_of(arguments);
  const EngineRegistry registry = EngineRegistry::load();
  const auto candidates = candidates_from(arguments, registry, *recording);
  const ChosenSubjects subjects = choose_subjects(*recording, arguments);
  ProbeCache cache(cache_from(arguments));
  const bool quiet = arguments.flag("quiet");
  std::vector<BisectReport> reports;
  for (const std::string& id : subjects.ids) {
    if (!quiet && subjects.ids.size() > 1) context.console.err << id << ":\n";
    request.question.replay.subject_id = id;
    BisectReport& report = reports.emplace_back();
    report.subject = find_subject(*recording, id);
    report.result = run_bisect(*recording, *candidates, request, cache, context.interrupt,
                               observer_for(context.console, quiet, *candidates));
    report.reproduce = reproducers(arguments, report.result, id);
    if (report.result.search.end == SearchEnd::kInterrupted) break;
  }
  if (!quiet && !cache.problem().empty()) {
    context.console.err << "note: runs are not kept: " << printable(cache.problem()) << "\n";
  }
  if (const auto file = arguments.text("markdown")) write_markdown(reports, recording->info().path, *file);
  return make_result(*recording, arguments, reports,
                     std::chrono::duration<double>(Clock::now() - began).count());
}

}  // namespace

const Command kBisectCommand{"bisect", "find the engine of a list that brought a verdict, or mended it",
                             bisect_spec, run};

}  // namespace recrank
