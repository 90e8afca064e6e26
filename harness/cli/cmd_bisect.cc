// `recrank bisect`: which engine of an ordered list brought a finding, or mended it.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "harness/bisect/bisect_report.h"
#include "harness/bisect/bisect_session.h"
#include "harness/certainty/perturb_plan.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "harness/console/output_file.h"
#include "harness/console/own_form.h"
#include "harness/engines/engine_candidates.h"
#include "harness/report/verdict_report.h"
#include "harness/request/capsule_replay.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "replay/process/rr_cache.h"

namespace recrank {
namespace {

constexpr uint64_t kVariationsDefault = 8;

ArgumentSpec bisect_spec() {
  ArgumentSpec spec;
  spec.usage = "bisect RECORDING --engines LIST [--vat V | --all] [options]";
  spec.about =
      "Finds the engine of an ordered list that brought a finding (a crash, a limit, a "
      "divergence)\n"
      "or, with --find-fix, the first that does not show it. The finding is that of the last "
      "engine\n"
      "(with --find-fix of the first). Each engine runs as often as it takes to tell; what was "
      "run\n"
      "is kept (not with --no-cache), so that an interrupted search goes on. A finding that is\n"
      "not seen is not mended: the report says what variations of the good engine show.";
  spec.examples =
      "  recrank bisect swingstore.sqlite --vat bank --engines "
      "xsnap-0.13.0,xsnap-0.14.2,xsnap-0.15.0\n"
      "  recrank bisect journal/ --engines builds/ --find-fix --markdown issue.md\n"
      "  recrank bisect chain.slog --vat v9 --git ~/xsnap --range v1..v2 --engine-command "
      "./build.sh\n"
      "  recrank bisect chain.slog --vat v9 --dimension supervisor --engines "
      "s1.json,s2.json,s3.json\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  add_value(spec, "engines", "LIST",
            "names and paths with commas between them, a directory, or @FILE with one per line; "
            "oldest first",
            Names::kInputs);
  add_value(spec, "git", "REPO", "engines are built from the revisions of this repository",
            Names::kInput);
  add_value(spec, "range", "GOOD..BAD", "with --git: the revisions, both ends included");
  add_value(spec, "engine-command", "CMD",
            "with --git: builds revision $1 and prints the engine's path; exit status 125: it "
            "cannot be built");
  add_value(spec, "dimension", "WHAT",
            "what differs: engine (default), worker, lockdown or supervisor");
  add_flag(spec, "find-fix", "the first engine is bad and the last is good: which one mended it?");
  add_flag(spec, "scan", "test every engine of the list");
  add_flag(spec, "any-finding", "whatever is found at the step or before it counts as bad");
  add_value(spec, "runs", "N",
            "run an engine at most so many times (default 60); 1: the finding comes every time");
  add_value(spec, "jobs,j", "N", "test so many engines at once (default 1)");
  add_value(spec, "perturb", "K",
            "so many harmless variations of the good neighbour (default 8; 0: none)");
  add_value(spec, "markdown", "FILE", "the report for an issue tracker", Names::kReport);
  add_value(spec, "cache", "DIR",
            "where runs are kept (default: bisect in recrank's cache directory)", Names::kOutput);
  add_flag(spec, "no-cache", "neither take runs from there nor keep any");
  spec.take_options_of(kBisectTakes);
  return spec;
}

BisectRequest request_of(const Arguments& arguments) {
  BisectRequest request;
  request.replay = request_from(arguments);
  request.options.find_fix = arguments.flag("find-fix");
  request.options.scan = arguments.flag("scan");
  request.options.jobs = arguments.number("jobs", 1, kJobsMax).value_or(1);
  request.rule.runs_max = arguments.number("runs", 1, kRunsMost).value_or(kRunsDefault);
  if (request.rule.runs_max > 1 && request.rule.runs_max < kRunsLeast) {
    throw Error(ErrorCode::kUsage, "--runs takes 1 (the finding comes every time), or " +
                                       std::to_string(kRunsLeast) + " and more");
  }
  if (arguments.has("runs")) request.discovery_runs = request.rule.runs_max;
  request.any_finding = arguments.flag("any-finding");
  request.scan_when_clean = !arguments.flag("all");
  const bool varied = !request.replay.perturbation.empty();
  request.variations =
      arguments.number("perturb", 0, kVariationsMax).value_or(varied ? 0 : kVariationsDefault);
  if (varied && request.variations > 0) {
    throw Error(ErrorCode::kUsage,
                "--perturb chooses variations itself: it does not go with --parser-buffer, "
                "--write-heap-after and --reload-after");
  }
  request.seed = arguments.number("seed").value_or(1);
  return request;
}

Dimension dimension_of(const Arguments& arguments) {
  const auto word = arguments.text("dimension");
  if (!word) return Dimension::engine();
  if (const auto dimension = parse_dimension(*word)) return *dimension;
  throw Error(ErrorCode::kUsage, "--dimension takes one of " + joined(dimension_words()) +
                                     ", not '" + printable(*word, 60) + "'");
}

void check_source(const Arguments& arguments) {
  const bool git = arguments.has("git");
  if (git == arguments.has("engines")) {
    throw Error(ErrorCode::kUsage, "which engines? either --engines LIST or --git REPO");
  }
  const bool both = arguments.has("range") && arguments.has("engine-command");
  const bool any = arguments.has("range") || arguments.has("engine-command");
  if (git ? !both : any) {
    throw Error(ErrorCode::kUsage, "--git, --range and --engine-command go together");
  }
  if (git && dimension_of(arguments) != Dimension::engine()) {
    throw Error(ErrorCode::kUsage, "--dimension goes with --engines");
  }
  if (arguments.flag("no-cache") && arguments.has("cache")) {
    throw Error(ErrorCode::kUsage, "--cache and --no-cache exclude each other");
  }
}

// There is nothing to search where the engine is recrank itself.
void refuse_native(const EngineRegistry& registry, const Recording& recording) {
  const EngineEntry* native = registry.native_engine(recording.info().dialect);
  if (native == nullptr) return;
  throw Error(ErrorCode::kUnsupported,
              recording.info().path + ": its engine, " + native->name +
                  ", is a part of recrank, so there is no list of builds to search; to find the "
                  "revision of recrank that changed it, give `recrank replay` to `git bisect run` "
                  "(docs/git-bisect.md)");
}

std::unique_ptr<EngineCandidates> candidates_of(const Arguments& arguments,
                                                const EngineRegistry& registry,
                                                const Recording& recording) {
  if (const auto repository = arguments.text("git")) {
    return revision_candidates(registry, *repository, *arguments.text("range"),
                               *arguments.text("engine-command"));
  }
  return listed_candidates(registry, recording.info().dialect,
                           parse_engine_list(*arguments.text("engines"), dimension_of(arguments),
                                             arguments.text("engine").value_or("")));
}

std::filesystem::path cache_directory_of(const Arguments& arguments) {
  if (arguments.flag("no-cache")) return {};
  if (const auto given = arguments.text("cache")) return *given;
  const std::filesystem::path home = recrank_cache_directory();
  return home.empty() ? home : home / "bisect";
}

// "xsnap-0.15.0  4 of 12 engines  17 runs", rewritten in place.
class BisectLine {
 public:
  explicit BisectLine(Console& console) : console_(console) {}
  ~BisectLine() {
    if (drawn_) console_.err << "\r\x1b[K" << std::flush;
  }
  void draw(const BisectNews& news) {
    if (!console_.progress) return;
    console_.err << "\r\x1b[K" << printable(news.name, 40) << "  " << news.asked << " of "
                 << news.engines << " engines told  " << format_count(news.runs) << " runs"
                 << std::flush;
    drawn_ = true;
  }

 private:
  Console& console_;
  bool drawn_ = false;
};

std::string reproducer(const Arguments& arguments, const std::string& subject_id,
                       const BisectResult& result, size_t index) {
  const EngineProbe& probe = result.engines[result.engines[index].same_as.value_or(index)];
  ReplayPlan plan = result.whole;
  if (probe.start) plan.range.begin = probe.start->next_step;
  const std::string& words = result.engines[index].command_words;
  if (words.empty()) return {};
  return reproduce_command(arguments.call(), subject_id, words, plan, *result.hunted->verdict.step);
}

struct Bisected {
  std::vector<BisectResult> results;
  std::vector<BisectReportInput> inputs;
};

void run_subjects(const Recording& recording, const Arguments& arguments,
                  const std::vector<std::string>& ids, EngineCandidates& candidates,
                  Context& context, Bisected& all) {
  EngineShelf shelf(candidates);
  ProbeCache cache(cache_directory_of(arguments));
  BisectLine line(context.console);
  const BisectObserver observer = [&](const BisectNews& news) { line.draw(news); };
  BisectRequest request = request_of(arguments);
  all.results.reserve(ids.size());  // the inputs refer to them
  std::vector<std::string> names;
  for (size_t i = 0; i < candidates.size(); ++i) names.push_back(candidates.name(i));
  for (const std::string& id : ids) {
    request.replay.subject_id = id;
    all.results.push_back(
        run_bisect(recording, shelf, request, cache, context.interrupt, observer));
    BisectResult& result = all.results.back();
    if (id == ids.front())
      result.notes.insert(result.notes.end(), cache.notes().begin(), cache.notes().end());
    BisectReportInput input{recording, find_subject(recording, id), result, names, "", ""};
    if (result.stop == BisectStop::kSearched && result.found.end == BisectEnd::kChange) {
      const Transition& change = result.found.transitions.front();
      const size_t bad = change.to_bad ? change.after : change.before;
      const size_t good = change.to_bad ? change.before : change.after;
      input.reproduce_bad = reproducer(arguments, id, result, bad);
      input.reproduce_good = reproducer(arguments, id, result, good);
      for (const size_t each : {good, bad}) {
        if (!result.engines[each].no_command.empty())
          input.no_reproducer = result.engines[each].no_command;
      }
    }
    all.inputs.push_back(std::move(input));
    if (result.stop == BisectStop::kInterrupted) break;
  }
}

Json report_of(const Recording& recording, const Bisected& all, bool several) {
  uint64_t steps = 0;
  for (const BisectReportInput& input : all.inputs) steps += input.subject.held_count();
  Json report{{"schema", "recrank.bisect/1"},
              {"recording", recording_json(recording.info(), steps)}};
  if (!several) {
    report.update(bisect_json(all.inputs.front()));
    return report;
  }
  Json subjects = Json::array();
  for (const BisectReportInput& input : all.inputs) subjects.push_back(bisect_json(input));
  report["subjects"] = std::move(subjects);
  return report;
}

CommandResult run_bisect(const Arguments& given, Context& context) {
  (void)request_of(given);  // a wrong call is told before long work
  check_source(given);
  const std::unique_ptr<Recording> recording = open_evidence(given.call()).recording;
  const Arguments arguments = given.with(options_for(given, *recording));
  const ChosenSubjects subjects = choose_subjects(*recording, arguments);
  const EngineRegistry registry = speaking(EngineRegistry::load(), arguments);
  refuse_native(registry, *recording);
  const auto candidates = candidates_of(arguments, registry, *recording);
  if (candidates->size() < 2) throw Error(ErrorCode::kUsage, "a search needs two engines at least");
  if (!arguments.flag("quiet")) {
    for (const std::string& note : recording->info().notes)
      context.console.err << "note: " << printable(note) << "\n";
  }
  Bisected all;
  run_subjects(*recording, arguments, subjects.ids, *candidates, context, all);
  const bool several = arguments.flag("all");
  std::string text =
      "recording  " + recording->info().kind + "  " + printable(recording->info().path) + "\n";
  std::string markdown;
  for (const BisectReportInput& input : all.inputs) {
    text += bisect_text(input);
    markdown += (markdown.empty() ? "" : "\n") + bisect_markdown(input);
  }
  if (several) text += "\n" + bisect_table(all.inputs);
  if (const auto target = arguments.text("markdown")) {
    write_output(context.outputs, *target, std::string(markdown_mark()) + "\n" + markdown);
  }
  return {bisect_exit_status(all.results), report_of(*recording, all, several), std::move(text)};
}

}  // namespace

const Command kBisectCommand{"bisect",
                             "find the engine of a list that brought a finding, or mended it",
                             bisect_spec, run_bisect};

}  // namespace recrank
