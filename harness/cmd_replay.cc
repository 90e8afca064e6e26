// `recrank replay`: the main job.

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <sys/resource.h>

#include "base/error.h"
#include "base/text.h"
#include "harness/capsule_replay.h"
#include "harness/command.h"
#include "harness/engine_registry.h"
#include "harness/explain_report.h"
#include "harness/exit_status.h"
#include "harness/perturb_report.h"
#include "harness/progress.h"
#include "harness/repeat_report.h"
#include "harness/replay_options.h"
#include "harness/replay_session.h"
#include "harness/replay_watch.h"
#include "harness/verdict_report.h"
#include "replay/crash_tracer.h"
#include "snapshot/open_recording.h"

namespace recrank {
namespace {

constexpr size_t kJobsMax = 256;
constexpr size_t kRepeatMax = 100'000;

using Clock = std::chrono::steady_clock;

// A vat that was not asked for by name and has nothing to replay.
using NotReplayed = std::vector<const Subject*>;

size_t bounded(const Arguments& arguments, const char* name, size_t fallback, size_t maximum) {
  const uint64_t value = arguments.number(name).value_or(fallback);
  if (value < 1 || value > maximum) {
    throw Error(ErrorCode::kUsage,
                "--" + std::string(name) + " takes a number from 1 to " + std::to_string(maximum));
  }
  return value;
}

std::vector<std::string> choose_subjects(const Recording& recording, const Arguments& arguments,
                                         NotReplayed& not_replayed) {
  const auto vat = arguments.text("vat");
  if (vat && arguments.flag("all")) throw Error(ErrorCode::kUsage, "--vat and --all exclude each other");
  if (vat) return {find_subject(recording, *vat).id};
  std::vector<std::string> ids;
  std::string choices;
  for (const Subject& subject : recording.subjects()) {
    if (!subject.not_replayable.empty()) {
      not_replayed.push_back(&subject);
      continue;
    }
    ids.push_back(subject.id);
    choices += " " + subject.id + (subject.name.empty() ? "" : "=" + printable(subject.name, 40));
  }
  if (ids.empty()) {
    throw Error(ErrorCode::kUnsupported,
                recording.info().path + ": it holds no vat that can be replayed (`recrank inspect` says why)");
  }
  if (ids.size() > 1 && !arguments.flag("all")) {
    throw Error(ErrorCode::kUsage, "which vat? --vat V or --all; it holds:" + choices);
  }
  return ids;
}

SessionRequest session_from(const Arguments& arguments, std::vector<std::string> ids) {
  SessionRequest session;
  session.base = request_from(arguments);
  session.subject_ids = std::move(ids);
  session.repeat = bounded(arguments, "repeat", 1, kRepeatMax);
  session.repeat_all = arguments.flag("repeat-all");
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  session.jobs = bounded(arguments, "jobs", arguments.flag("all") ? cores : 1, kJobsMax);
  // Spans start from recorded heaps, which is another claim than one run from genesis: only when
  // the user asked for parallel work.
  session.split_spans = arguments.has("jobs") && session.jobs > 1 && !arguments.has("perturb");
  return session;
}

void finish_reports(const Recording& recording, const Arguments& arguments,
                    const std::string& engine_name, std::vector<SubjectSession>& sessions) {
  for (SubjectSession& session : sessions) {
    SubjectReport& report = session.report;
    const Verdict& verdict = report.result.verdict;
    const bool finding = verdict.kind == VerdictKind::kDiverged ||
                         verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kLimit;
    if (!finding || !verdict.step) continue;
    report.nearby = steps_around(recording, report.subject, *verdict.step);
    ReplayPlan plan = report.result.plan;
    for (const ReplayPlan& part : report.parts) {
      if (part.range.contains(*verdict.step)) plan = part;
    }
    report.reproduce =
        reproduce_command(arguments, report.subject.id, engine_name, plan, *verdict.step);
  }
}

// What recrank itself used, the engines apart.
Json process_cost(Clock::time_point began) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {{"process_wall_s", std::chrono::duration<double>(Clock::now() - began).count()},
          {"harness_cpu_s", seconds(usage.ru_utime) + seconds(usage.ru_stime)},
          {"harness_peak_rss_bytes", static_cast<uint64_t>(usage.ru_maxrss) * 1024}};
}

Json session_json(const SubjectSession& session, bool repeated) {
  Json out = to_json(session.report);
  if (repeated) out["repeat"] = repeat_json(session);
  if (!session.explain.is_null()) {
    out["verdict"]["cause"] = session.explain["cause"];
    out["explain"] = session.explain;
  }
  return out;
}

Json report_json(const Recording& recording, const Engine& engine, bool all, bool repeated,
                 const std::vector<SubjectSession>& sessions, const NotReplayed& not_replayed) {
  uint64_t steps = 0;
  for (const SubjectSession& session : sessions) steps += session.report.subject.held_count();
  Json report{{"schema", "recrank.replay/1"},
              {"recording", recording_json(recording.info(), steps)},
              {"engine", to_json(engine.identity())}};
  if (!all) {
    report.update(session_json(sessions.front(), repeated));
    // The contract's order: subject before engine.
    Json ordered;
    for (const char* member : {"schema", "recording", "subject", "engine"}) ordered[member] = report[member];
    ordered.update(report);
    return ordered;
  }
  Json subjects = Json::array();
  for (const SubjectSession& session : sessions) subjects.push_back(session_json(session, repeated));
  report["subjects"] = std::move(subjects);
  Json left = Json::array();
  for (const Subject* subject : not_replayed) {
    left.push_back({{"id", subject->id}, {"name", printable(subject->name)}, {"why", printable(subject->not_replayable)}});
  }
  report["not_replayed"] = std::move(left);
  report["verdict"] = {{"kind", to_string(gravest(sessions))}};
  return report;
}

std::string report_text(const Recording& recording, const Engine& engine, bool repeated,
                        const std::vector<SubjectSession>& sessions, const NotReplayed& not_replayed) {
  const RecordingInfo& info = recording.info();
  const EngineIdentity& identity = engine.identity();
  std::string text = "recording  " + std::string(to_string(info.kind)) + "  " + printable(info.path) +
                     (info.evidence.empty() ? "" : " (" + printable(info.evidence) + ")") + "\n";
  text += "engine     " + identity.name + "  " + printable(identity.version) + "  " + identity.dialect +
          "  sha256 " + identity.sha256.substr(0, 12) + "…\n";
  std::array<size_t, 6> counts{};
  for (const SubjectSession& session : sessions) {
    text += to_text(session.report);
    if (repeated) text += repeat_text(session);
    text += session.explain_text;
    if (const std::string none = not_reproduced_text(session); !none.empty()) text += "  " + none + "\n";
    ++counts[static_cast<size_t>(session.report.result.verdict.kind)];
  }
  for (const Subject* subject : not_replayed) {
    text += subject->id + " " + printable(subject->name, 60) + "  not replayed: " + printable(subject->not_replayable) + "\n";
  }
  if (sessions.size() < 2) return text;
  text += "in all:";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += " " + std::to_string(counts[i]) + " " + std::string(to_string(static_cast<VerdictKind>(i))) + ",";
  }
  text += " " + std::to_string(not_replayed.size()) + " not replayed\n";
  return text;
}

std::unique_ptr<Engine> choose_engine(const Recording& recording, const Arguments& arguments,
                                      std::string& note) {
  const EngineRegistry registry = EngineRegistry::load();
  const auto asked = arguments.text("engine");
  const auto dialect = arguments.choice("dialect", {"xsnap-2021", "xsnap-2024"});
  return asked ? registry.open(*asked, dialect) : open_engine_for(registry, recording.info(), note);
}

CommandResult run(const Arguments& given, Context& context) {
  const auto began = Clock::now();
  static_cast<void>(session_from(given, {}));  // a wrong call is told before long work
  static_cast<void>(explain_runs(given));
  const auto recording = open_recording(given.positional().front());
  const Arguments arguments = with_capsule_options(given, *recording);
  SessionRequest session = session_from(arguments, {});
  const PerturbRequest perturb = perturb_request_from(arguments, session.jobs);
  ReplayWatch watch(arguments);
  NotReplayed not_replayed;
  session.subject_ids = choose_subjects(*recording, arguments, not_replayed);
  std::string engine_note;
  const auto engine = choose_engine(*recording, arguments, engine_note);
  if (!engine_note.empty()) context.console.err << "note: " << engine_note << "\n";
  if (!arguments.flag("quiet")) {
    for (const std::string& note : recording->info().notes) {
      context.console.err << "note: " << printable(note) << "\n";
    }
  }
  ProgressTotals totals;
  if (context.console.progress) {
    const SessionSize size = measure_session(*recording, session, context.interrupt);
    const uint64_t times = 1 + perturb.variations;
    totals = {size.steps * times, size.computrons * times};
  }
  std::vector<SubjectSession> sessions;
  VerdictKind worst = VerdictKind::kClean;
  {
    const std::string label = session.subject_ids.size() == 1 ? session.subject_ids.front() : "all";
    Progress progress(context.console.err, context.console.progress, label, totals);
    watch.add(progress);
    sessions = run_session(*recording, *engine, session, context.interrupt, &watch.observer());
    worst = graver(gravest(sessions),
                   perturb_sessions(*recording, *engine, session.base, perturb, arguments,
                                    context.interrupt, &watch.observer(), sessions));
  }
  watch.finish(session.subject_ids, session.base.limits, sessions);
  if (const std::string problem = capture_problem(); !problem.empty() && !arguments.flag("quiet")) {
    context.console.err << "note: crashes are not captured: " << printable(problem) << "\n";
  }
  explain_sessions(*recording, *engine, arguments, session, context.interrupt, sessions);
  finish_reports(*recording, arguments, engine->identity().name, sessions);
  const bool repeated = session.repeat > 1;
  Json report =
      report_json(*recording, *engine, arguments.flag("all"), repeated, sessions, not_replayed);
  if (arguments.flag("all")) report["verdict"] = {{"kind", to_string(worst)}};
  report["cost"].update(process_cost(began));
  std::string text = report_text(*recording, *engine, repeated, sessions, not_replayed);
  if (auto expectation = judge_expectation(recording->info(), sessions.front().report, engine->identity())) {
    report["expected"] = std::move(expectation->json);
    text += expectation->text;
  }
  return {exit_status_of(worst), std::move(report), std::move(text)};
}

}  // namespace

const Command kReplayCommand{"replay", "replay recorded steps on an engine and judge every one of them",
                             replay_spec, run};

}  // namespace recrank
