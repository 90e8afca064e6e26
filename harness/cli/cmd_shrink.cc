// `recrank shrink`: the few steps of a history that a finding needs, as a capsule.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/engines/engine_registry.h"
#include "harness/engines/engine_setup.h"
#include "harness/report/told_ends.h"
#include "harness/request/capsule_replay.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "harness/shrink/shrink_report.h"
#include "harness/shrink/shrink_session.h"
#include "harness/source/source_view.h"

namespace recrank {
namespace {

constexpr uint64_t kShrinkRunsMax = 10'000;
constexpr uint64_t kProbesMax = 1'000'000;

ArgumentSpec shrink_spec() {
  ArgumentSpec spec;
  spec.usage = "shrink RECORDING -o FILE.crank [--vat V] [--predicate CMD] [options]";
  spec.about =
      "Replays a vat, program or node until there is a finding, and writes as few of its steps as "
      "show\n"
      "it as a capsule. Of a crash or a limit, steps are left out as long as the same thing still\n"
      "happens, at whatever step; calls that the recording no longer covers are answered by a "
      "model of\n"
      "the kernel where the answer is sure. Of a divergence the front is cut off: the engine "
      "writes its\n"
      "state before one of the last steps, from where the same first difference still shows. The\n"
      "capsule is replayed before it gets its name.";
  spec.examples =
      "  recrank shrink chain.slog --vat v9 -o v9.crank\n"
      "  recrank shrink swingstore.sqlite --vat bank --memory-limit 1500MB --jobs 4 -o bank.crank\n"
      "  recrank shrink ~/.agoric/data/agoric --vat v6 --runs 10 --rate 0.3 -o shy.crank\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  add_value(spec, "output,o", "FILE", "the capsule to write; must not be there", Names::kOutput);
  add_value(spec, "predicate", "CMD",
            "command that is given a candidate capsule; exit status 0: it still shows");
  add_value(spec, "runs", "M", "run each candidate at most so many times (default 1)");
  add_value(spec, "rate", "R", "share of the runs that must show it, above 0 up to 1 (default 1)");
  add_value(spec, "jobs,j", "N", "so many engines side by side (default: the processors)");
  add_value(spec, "max-probes", "N", "ask at most so many candidates (default 500)");
  add_value(spec, "time-budget", "SECONDS", "search at most so many seconds");
  add_value(spec, "state", "FILE",
            "file from which an interrupted search goes on (default: FILE.crank.shrink-state)",
            Names::kOutput);
  spec.take_options_of(kShrinkTakes);
  return spec;
}

ShrinkRequest shrink_request(const Arguments& arguments) {
  ShrinkRequest request;
  const auto output = arguments.text("output");
  if (!output || output->empty()) throw Error(ErrorCode::kUsage, "where to? -o FILE.crank");
  request.capsule = *output;
  request.state = arguments.text("state").value_or(*output + ".shrink-state");
  request.replay = request_from(arguments);
  const Perturbation& perturbation = request.replay.perturbation;
  if (!perturbation.write_heap_after.empty() || !perturbation.reload_after.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "shrink cannot go by the capsule's --write-heap-after and --reload-after: steps "
                "are left out in runs that write no heap");
  }
  request.rule.rate = arguments.share("rate").value_or(1);
  request.rule.runs = arguments.number("runs", 1, kShrinkRunsMax).value_or(1);
  request.jobs = arguments.number("jobs", 1, kJobsMax)
                     .value_or(std::max(1U, std::thread::hardware_concurrency()));
  request.probes_max = arguments.number("max-probes", 1, kProbesMax).value_or(500);
  request.seconds_max = arguments.seconds("time-budget");
  request.predicate = arguments.text("predicate").value_or("");
  request.carried = capsule_options_of(arguments);
  return request;
}

void describe_engine(const EngineRegistry& registry, const EngineIdentity& identity,
                     ShrinkRequest& request) {
  // A path says nothing to somebody else.
  const std::string name = std::filesystem::path(identity.name).filename().string();
  request.engine = {name.empty() ? "engine" : name, identity.sha256, identity.version,
                    identity.dialect, how_to_get(registry, identity)};
  fill_from_engine(request.engine_setup, registry, identity);
}

// "37 probes  best 12 of 361 steps  8 s", rewritten in place.
class ShrinkLine {
 public:
  explicit ShrinkLine(Console& console) : console_(console) {}
  ~ShrinkLine() {
    if (drawn_) console_.err << "\r\x1b[K" << std::flush;
  }
  void draw(const ShrinkProgressNews& news) {
    if (!console_.progress) return;
    const auto elapsed = std::chrono::steady_clock::now() - begin_;
    console_.err << "\r\x1b[K" << format_count(news.probes) << " probes  best "
                 << format_count(news.best) << " of " << format_count(news.before) << " steps  "
                 << std::chrono::duration_cast<std::chrono::seconds>(elapsed).count() << " s"
                 << std::flush;
    drawn_ = true;
  }

 private:
  Console& console_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool drawn_ = false;
};

CommandResult run_shrink(const Arguments& given, Context& context) {
  // A wrong call is told before long work.
  context.outputs.require_apart(shrink_request(given).state);
  const std::optional<SourceRequest> source = source_request_from(given, true);
  if (source && source->trace) {
    throw Error(ErrorCode::kUsage, "--js=trace is of replay: shrink takes on and off");
  }
  const Evidence evidence = open_evidence(given.call());
  const auto& recording = evidence.recording;
  const Arguments arguments = given.with(options_for(given, *recording));
  ShrinkRequest request = shrink_request(arguments);
  request.replay.subject_id = choose_subject(*recording, arguments);
  const EngineRegistry registry = EngineRegistry::load();
  std::vector<std::string> notes = recording->info().notes;
  std::string engine_note;
  const auto engine = choose_engine(registry, *recording, arguments, engine_note);
  if (!engine_note.empty()) notes.push_back(engine_note);
  describe_engine(registry, engine->identity(), request);
  request.reproduce = capsule_command(registry, engine.get(), arguments, request.capsule.string());
  if (!arguments.flag("quiet")) {
    for (const std::string& note : notes)
      context.console.err << "note: " << printable(note) << "\n";
  }
  ShrinkResult result;
  {
    ShrinkLine line(context.console);
    result = run_shrink(*recording, *engine, request, context.interrupt,
                        [&](const ShrinkProgressNews& news) { line.draw(news); });
  }
  const ShrinkReportInput input{*recording, engine->identity(), request, result};
  Json report = shrink_json(input);
  std::string text = shrink_text(input);
  if (source && result.end == ShrinkEnd::kShrunk) {
    if (const auto view = view_source(*recording, *engine, request.replay, result.finding, *source,
                                      context.interrupt)) {
      const ReportPart part = source_part(*view);
      report["verdict"][part.member] = parse_json(part.json);
      text += part.text;
    }
  }
  if (result.end == ShrinkEnd::kNotReproducible && !evidence.companions.empty()) {
    // The finding may be in a log beside the database, which does not hold what was taken back.
    const ToldEnds told = read_told_ends(evidence, request.replay.subject_id);
    add_told_ends(told, report);
    text += told_lines(told);
  }
  return {shrink_exit_status(result), std::move(report), std::move(text)};
}

}  // namespace

const Command kShrinkCommand{"shrink",
                             "cut the history of a finding down to the steps that it needs",
                             shrink_spec, run_shrink};

}  // namespace recrank
