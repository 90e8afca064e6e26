// `recrank replay`: the main job.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/capture/capture_session.h"
#include "harness/certainty/explain_report.h"
#include "harness/certainty/perturb_report.h"
#include "harness/certainty/reference_engine.h"
#include "harness/cli/command.h"
#include "harness/cli/progress.h"
#include "harness/cli/replay_watch.h"
#include "harness/console/exit_status.h"
#include "harness/engines/engine_registry.h"
#include "harness/report/replay_report.h"
#include "harness/request/capsule_replay.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "harness/session/nearby_steps.h"
#include "harness/session/replay_session.h"
#include "harness/source/line_trace.h"
#include "harness/source/source_view.h"
#include "replay/process/crash_tracer.h"

namespace recrank {
namespace {

constexpr size_t kRepeatMax = 100'000;

using Clock = std::chrono::steady_clock;

ArgumentSpec replay_spec() {
  ArgumentSpec spec;
  spec.usage = "replay RECORDING [--vat V | --all] [options]";
  spec.about =
      "Replays recorded steps on an engine and holds every system call, result, computron count, "
      "heap\n"
      "snapshot and state hash against the recording. RECORDING is a swing-store, a kernel "
      "database, an\n"
      "export, a slog, an .sst, a capsule or a journal of events, plain, compressed or in an "
      "archive,\n"
      "or a node's directory. Stored hashes are checked before anything runs. Nothing in it is "
      "changed.";
  spec.examples =
      "  recrank replay ~/.agoric/data/agoric --vat v6\n"
      "  recrank replay swingstore.sqlite --all --jobs 2 --json report.json\n"
      "  recrank replay chain.slog.gz --vat v9 --meter-limit 100000000\n"
      "  recrank replay swingstore.sqlite --vat bank --from 3000 --to 3100 --engine ./my-build/\n"
      "  recrank replay swingstore.sqlite --vat bank --memory-limit 1500MB --repeat 20 --explain\n"
      "  recrank replay bank.crank\n"
      "  recrank replay /var/lib/montana --checkpoint backup/montana --verify-clock sample\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  spec.take_options_of(kReplayTakes);
  return spec;
}

SessionRequest session_from(const Arguments& arguments, std::vector<std::string> ids) {
  SessionRequest session;
  session.base = request_from(arguments);
  session.subject_ids = std::move(ids);
  session.repeat = arguments.number("repeat", 1, kRepeatMax).value_or(1);
  session.repeat_all = arguments.flag("repeat-all");
  if (session.repeat_all && !arguments.has("repeat")) {
    throw Error(ErrorCode::kUsage, "--repeat-all goes with --repeat");
  }
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  session.jobs = arguments.number("jobs", 1, kJobsMax).value_or(arguments.flag("all") ? cores : 1);
  // Spans start from recorded heaps, which is another claim than one run from genesis: only when
  // the user asked for parallel work.
  session.split_spans = arguments.has("jobs") && session.jobs > 1 && !arguments.has("perturb");
  return session;
}

void finish_reports(const Recording& recording, const Arguments& arguments,
                    const std::string& engine_name, std::vector<SubjectSession>& sessions) {
  for (SubjectSession& session : sessions) {
    SubjectReport& report = session.report;
    session.figures.heaps = recorded_heaps(recording, report.subject.id, report.result.plan.range);
    const Verdict& verdict = report.result.verdict;
    if (!add_nearby_steps(recording, report)) continue;
    ReplayCall call = arguments.call();
    for (const NamedText& each : session.reproduce_with.all())
      call.options.set(each.name, each.text);
    report.reproduce = reproduce_command(call, report.subject.id, engine_words_of(engine_name),
                                         plan_of_finding(report), *verdict.step);
    // It is no option of one run, so no reproducer says it by itself.
    if (const std::string* runs = session.reproduce_with.find("repeat"))
      report.reproduce += " --repeat " + *runs;
  }
}

// What recrank itself used, the engines apart.
Json process_cost(Clock::time_point began) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {{"process_wall_s", seconds_since(began)},
          {"harness_cpu_s", seconds(usage.ru_utime) + seconds(usage.ru_stime)},
          {"harness_peak_rss_bytes", static_cast<uint64_t>(usage.ru_maxrss) * 1024}};
}

// The verdicts of all subjects, with what controls and variations add to them.
VerdictKind run_all(const Recording& recording, const Engine& engine, const Arguments& arguments,
                    const SessionRequest& session, const PerturbRequest& perturb,
                    ReplayWatch& watch, Context& context, std::vector<SubjectSession>& sessions,
                    std::vector<std::string>& lost) {
  ProgressTotals totals;
  if (context.console.progress) {
    const SessionSize size = measure_session(recording, session, context.interrupt);
    const uint64_t times = 1 + perturb.variations;
    totals = {size.steps * times, size.computrons * times};
  }
  const std::string label = session.subject_ids.size() == 1 ? session.subject_ids.front() : "all";
  Progress progress(context.console.err, context.console.progress, label, totals);
  watch.add(progress);
  const bool explains = arguments.flag("explain");
  CertaintyNews news(context.console.err,
                     !arguments.flag("quiet") && (explains || session.repeat > 1),
                     {session.repeat, explains ? explain_runs(arguments) : 0, session.jobs});
  SessionRequest telling = session;
  telling.told = [&](const SessionNews& each) { news.on_runs(each); };
  sessions = run_session(recording, engine, telling, context.interrupt, &watch.observer());
  const VerdictKind varied =
      perturb_sessions(recording, engine, session.base, perturb, arguments.call(),
                       context.interrupt, &watch.observer(), sessions);
  lost = watch.finish(session.subject_ids, session.base.limits, sessions);
  const auto told = [&](const std::string& id, const ControlRow& row) { news.on_control(id, row); };
  explain_sessions(recording, engine, arguments, session, context.interrupt, told, sessions);
  return graver(gravest(sessions), varied);
}

// The one that --js=trace holds the lines against.
std::unique_ptr<Engine> other_engine(const Recording& recording, const Engine& engine,
                                     const Arguments& arguments,
                                     const std::optional<SourceRequest>& source) {
  if (!source || !source->trace) return nullptr;
  auto other = open_reference_engine(EngineRegistry::load(), arguments, recording,
                                     {engine.identity().sha256});
  if (other != nullptr) return other;
  throw Error(ErrorCode::kUsage,
              "--js=trace: no other engine is known to hold this one against; name one with "
              "--reference-engine");
}

// `other`: nullptr where the lines are held against none.
void view_sources(const Recording& recording, const Engine& engine, const Engine* other,
                  const SourceRequest& asked, const ReplayRequest& base, const Interrupt& interrupt,
                  std::vector<SubjectSession>& sessions) {
  for (SubjectSession& session : sessions) {
    const auto view = view_source(recording, engine, base, session.report, asked, interrupt);
    if (!view) continue;
    session.report.captured.push_back(source_part(*view));
    if (other == nullptr) continue;
    session.report.captured.push_back(
        trace_part(trace_lines(recording, engine, *other, base, session.report, asked, interrupt)));
  }
}

// Cores and traces go into the working directory where no other is named.
void require_place_apart(const Arguments& arguments, const Outputs& outputs) {
  const std::string mode = arguments.text("capture").value_or("");
  const bool here =
      (mode == "core" && !arguments.has("core-out")) || (mode == "rr" && !arguments.has("rr-out"));
  if (here) outputs.require_apart(std::filesystem::current_path());
}

void print_notes(Console& console, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) console.err << "note: " << printable(note) << "\n";
}

// What the engine says of the work before it. A plan that cannot be made is told by the session.
std::vector<std::string> costs_ahead(const Recording& recording, const Engine& engine,
                                     const SessionRequest& session) {
  std::vector<std::string> lines;
  for (const std::string& id : session.subject_ids) {
    ReplayRequest request = session.base;
    request.subject_id = id;
    try {
      const StepRange range = plan_replay(recording, request).range;
      std::string line = engine.cost_ahead(recording, id, range, request.options);
      if (!line.empty()) lines.push_back(std::move(line));
    } catch (const Error&) {
      continue;
    }
  }
  return lines;
}

// Of all, or of the one whose recorded end was reached: what the kernel took back is in no
// database, and a log beside it may tell of it.
std::optional<ToldEnds> tell_ends(const Evidence& evidence, const Arguments& arguments,
                                  const std::vector<SubjectSession>& sessions) {
  if (arguments.flag("all")) return read_told_ends(evidence);
  const SubjectReport& report = sessions.front().report;
  const bool to_its_end = report.result.verdict.kind == VerdictKind::kClean && !arguments.has("to");
  if (!to_its_end || evidence.companions.empty()) return std::nullopt;
  return read_told_ends(evidence, report.subject.id);
}

CommandResult run_replay(const Arguments& given, Context& context) {
  const auto began = Clock::now();
  static_cast<void>(session_from(given, {}));  // a wrong call is told before long work
  static_cast<void>(explain_runs(given));
  const std::optional<SourceRequest> source = source_request_from(given, given.flag("explain"));
  require_place_apart(given, context.outputs);
  const Evidence evidence = open_evidence(given.call());
  const auto& recording = evidence.recording;
  const Arguments arguments = given.with(options_for(given, *recording));
  const bool quiet = arguments.flag("quiet");
  const ChosenSubjects subjects = choose_subjects(*recording, arguments);
  SessionRequest session = session_from(arguments, subjects.ids);
  CaptureSession capture(arguments, context.interrupt);
  session.base.capture = capture.engine_options();
  const PerturbRequest perturb = perturb_request_from(arguments, session.jobs);
  require_variations(*recording, perturb);
  ReplayWatch watch(arguments, context.outputs);
  std::string engine_note;
  const auto engine = choose_engine(EngineRegistry::load(), *recording, arguments, engine_note);
  const std::unique_ptr<Engine> other = other_engine(*recording, *engine, arguments, source);
  if (!engine_note.empty()) print_notes(context.console, {engine_note});
  if (!quiet) print_notes(context.console, capture.notes());
  if (!quiet) print_notes(context.console, recording->info().notes);

  if (!quiet) {
    print_notes(context.console, costs_ahead(*recording, *engine, session));
  }

  std::vector<SubjectSession> sessions;
  std::vector<std::string> lost;
  const VerdictKind worst =
      run_all(*recording, *engine, arguments, session, perturb, watch, context, sessions, lost);
  if (const std::string problem = capture_problem(); !problem.empty() && !quiet) {
    print_notes(context.console, {"crashes are not captured: " + problem});
  }
  finish_reports(*recording, arguments, engine->identity().name, sessions);
  capture.finish(*recording, *engine, session.base, sessions, context.interrupt);
  if (source) {
    view_sources(*recording, *engine, other.get(), *source, session.base, context.interrupt,
                 sessions);
  }

  const std::optional<ToldEnds> told_ends = tell_ends(evidence, arguments, sessions);
  if (told_ends && !quiet) print_notes(context.console, told_ends->notes);
  const ReplayReportInput input{*recording,
                                engine->identity(),
                                sessions,
                                subjects.not_replayed,
                                arguments.flag("all"),
                                session.repeat > 1,
                                worst,
                                told_ends ? &*told_ends : nullptr};
  Json report = replay_json(input);
  report["cost"].update(process_cost(began));
  std::string text = replay_text(input);
  if (auto expectation =
          judge_expectation(*recording, sessions.front().report, engine->identity())) {
    report[expectation->member] = parse_json(expectation->json);
    text += expectation->text;
  }
  return {exit_status_of(worst), std::move(report), std::move(text), std::move(lost)};
}

}  // namespace

const Command kReplayCommand{"replay",
                             "replay recorded steps on an engine and judge every one of them",
                             replay_spec, run_replay};

}  // namespace recrank
