#include "harness/scenario/scenario_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/report/replay_report.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "harness/scenario/known_findings.h"
#include "harness/scenario/scenario_expect.h"
#include "harness/scenario/scenario_files.h"
#include "harness/scenario/scenario_reading.h"
#include "harness/session/nearby_steps.h"
#include "harness/source/source_view.h"

namespace recrank {
namespace {

constexpr const char* kNotBegun = "interrupted before it began";

using Clock = std::chrono::steady_clock;

std::string case_name(const std::string& subject, const ScenarioEngine& engine) {
  return (subject.empty() ? "all" : subject) + " on " + engine.spec.name;
}

// With the candidate's bundles in place of those that the scenario or the recording has.
SessionRequest session_for(const OptionValues& options, const OpenedCandidate& engine,
                           const std::string& id, uint64_t repeat) {
  SessionRequest session;
  session.base = request_from(options);
  session.base.user_setup.lay_over(engine.setup);
  session.subject_ids = {id};
  session.repeat = repeat;
  session.repeat_all = repeat > 1;  // the number of runs is the author's: the interval is exact
  return session;
}

// Of a clean replay the whole range, else up to the finding.
std::string reproducer(const ReplayCall& call, const SubjectReport& report,
                       const std::string& engine_words, uint64_t repeat) {
  const ReplayPlan plan = plan_of_finding(report);
  std::string command;
  if (plan.range.empty()) {
    command = "recrank replay " + shell_quote(call.recording) + " --vat " +
              shell_quote(report.subject.id) + engine_words;
  } else {
    const uint64_t last = report.result.verdict.step.value_or(plan.range.end - 1);
    command = reproduce_command(call, report.subject.id, engine_words, plan, last);
  }
  if (repeat > 1) command += " --repeat " + std::to_string(repeat) + " --repeat-all";
  return command;
}

}  // namespace

ScenarioSession::ScenarioSession(const ScenarioEntry& entry, const RunRequest& request,
                                 const EngineRegistry& registry, const RunObserver& observer)
    : entry_(entry), request_(request), registry_(registry), observer_(observer) {}

void ScenarioSession::add_case(size_t engine, const std::string& subject, const Subject* known) {
  const Scenario& scenario = *entry_.scenario;
  Case& each = cases_.emplace_back();
  each.engine = engine;
  each.subject = subject;
  if (known != nullptr) each.id = known->id;
  each.rule = rule_for(scenario, scenario.engines[engine].spec.name, subject,
                       known != nullptr ? known->name : "");
  each.result.name = case_name(subject, scenario.engines[engine]);
  each.result.outcome = CaseOutcome::kInterrupted;
  each.result.why = kNotBegun;
  if (each.rule != nullptr) each.result.expected = to_words(each.rule->verdict);
}

// Engines outer, subjects inner. Without a recording the subjects of "all" are not known.
void ScenarioSession::list_cases() {
  const Scenario& scenario = *entry_.scenario;
  const Recording* const recording = evidence_.recording.get();
  for (size_t engine = 0; engine < scenario.engines.size(); ++engine) {
    if (scenario.subjects.empty() && recording == nullptr) add_case(engine, "", nullptr);
    if (scenario.subjects.empty() && recording != nullptr) {
      for (const Subject& subject : recording->subjects()) {
        if (subject.not_replayable.empty()) add_case(engine, subject.id, &subject);
      }
    }
    for (const std::string& subject : scenario.subjects) {
      add_case(engine, subject,
               recording == nullptr ? nullptr : &find_subject(*recording, subject));
    }
  }
  if (recording != nullptr && !scenario.engines.empty() && cases_.empty()) {
    refuse_to_replay(*recording);
  }
}

void ScenarioSession::expect_reading() {
  reading_.emplace();
  reading_->name = "reading";
  reading_->expected = to_words(*entry_.scenario->reading);
  reading_->outcome = CaseOutcome::kInterrupted;
  reading_->why = kNotBegun;
  works_.push_back({});
}

void ScenarioSession::refuse_all(CaseOutcome outcome, const std::string& why) {
  why_ = why;
  engines_.clear();
  evidence_ = {};
  cases_.clear();
  works_.clear();
  reading_.reset();
  if (!entry_.scenario) {
    reading_.emplace();
    reading_->name = "scenario";
    reading_->outcome = outcome;
    reading_->why = why;
  } else {
    list_cases();
    if (entry_.scenario->reading) {
      expect_reading();
      works_.clear();
      reading_->outcome = outcome;
      reading_->why = why;
    }
  }
  if (reading_) finish(*reading_);
  for (Case& each : cases_) {
    each.result.outcome = outcome;
    each.result.why = why;
    finish(each.result);
  }
}

void ScenarioSession::interrupt_all() { refuse_all(CaseOutcome::kInterrupted, kNotBegun); }

// With "all" the subjects that rules name are known only now.
void ScenarioSession::check_rules() const {
  for (const ExpectationRule& rule : entry_.scenario->expect) {
    if (rule.subject.empty() || !entry_.scenario->subjects.empty()) continue;
    const std::string place = entry_.file + ":" + std::to_string(rule.verdict.line);
    with_context([&] { return place; },
                 [&] { static_cast<void>(find_subject(*evidence_.recording, rule.subject)); });
  }
}

void ScenarioSession::open_engines(const Interrupt& interrupt) {
  const Scenario& scenario = *entry_.scenario;
  std::vector<CandidateSpec> specs;
  for (const ScenarioEngine& engine : scenario.engines) specs.push_back(engine.spec);
  const auto candidates = listed_candidates(registry_, evidence_.recording->info().dialect, specs);
  for (size_t i = 0; i < specs.size(); ++i) engines_.push_back(candidates->open(i, interrupt));
}

// Cases whose engine is missing are judged here; those with one engine and subject are run
// together.
void ScenarioSession::plan_works() {
  const Scenario& scenario = *entry_.scenario;
  std::map<std::pair<std::string, std::string>, size_t> known;
  for (size_t i = 0; i < cases_.size(); ++i) {
    Case& each = cases_[i];
    const OpenedCandidate& engine = engines_[each.engine];
    if (engine.engine == nullptr) {
      each.result.outcome =
          scenario.engines[each.engine].optional ? CaseOutcome::kSkipped : CaseOutcome::kNotJudged;
      each.result.why = "its engine is missing: " + engine.missing;
      finish(each.result);
      continue;
    }
    const auto [at, fresh] = known.try_emplace({engine.key, each.id}, works_.size());
    if (fresh) works_.push_back({each.engine, each.id, {}});
    works_[at->second].cases.push_back(i);
  }
}

void ScenarioSession::open(const RecordingStore& store, const Interrupt& interrupt) {
  if (!entry_.scenario) return refuse_all(CaseOutcome::kNotJudged, entry_.why);
  evidence_ = open_evidence(*entry_.scenario, store, interrupt);
  if (evidence_.recording == nullptr) {
    const auto outcome =
        evidence_.interrupted ? CaseOutcome::kInterrupted : CaseOutcome::kNotJudged;
    return refuse_all(outcome, std::string(evidence_.missing));
  }
  try {
    check_rules();
    list_cases();
    if (entry_.scenario->reading) expect_reading();
    open_engines(interrupt);
  } catch (const Error& error) {
    return refuse_all(CaseOutcome::kNotJudged, error.what());
  }
  if (!interrupt.requested()) plan_works();
}

ReplayCall ScenarioSession::call_for(const OpenedCandidate& engine) const {
  ReplayCall call = evidence_.call;
  // A heap holds its own bundles: others need a fresh worker.
  if (!engine.setup.empty()) call.options.set("from-genesis");
  return call;
}

void ScenarioSession::read_recording() {
  const auto begin = Clock::now();
  const std::vector<std::string>& subjects = entry_.scenario->subjects;
  reading_ = judge_reading(evidence_.read(), *entry_.scenario->reading,
                           subjects.size() == 1 ? subjects.front() : "");
  reading_->wall_s = seconds_since(begin);
  reading_->reproduce = "recrank inspect " + shell_quote(evidence_.path.string());
  if (entry_.scenario->reading->hashes) reading_->reproduce += " --verify";
  finish(*reading_);
}

void ScenarioSession::judge(Case& each, const SubjectSession& session, double wall_s,
                            const Case& leader) {
  const OpenedCandidate& engine = engines_[each.engine];
  CaseResult& result = each.result;
  result.session = session;
  result.engine = engine.engine->identity();
  result.wall_s = wall_s;
  SubjectReport& report = result.session->report;
  const bool finding = add_nearby_steps(*evidence_.recording, report);
  result.reproduce =
      reproducer(call_for(engine), report, engine.command_words, entry_.scenario->repeat);
  if (finding) report.reproduce = result.reproduce;
  if (each.rule == nullptr) {
    result.outcome = CaseOutcome::kNotJudged;
    result.why = "nothing is expected of it";
  } else {
    const CaseJudgement judgement = judge_case(each.rule->verdict, *result.session);
    result.outcome = judgement.outcome;
    result.found = judgement.found;
    result.why = judgement.why;
  }
  if (&leader != &each) result.found += " (the same engine as in " + leader.result.name + ")";
  if (const std::string title = finding_title(result); !title.empty() && request_.known) {
    result.looked_up = true;
    result.known = find_known(*request_.known, title);
  }
}

// Once for all cases of the work, where one of them is not as expected.
void ScenarioSession::look_at_source(const Work& work, const ReplayRequest& base,
                                     const Interrupt& interrupt) {
  std::optional<ReportPart> part;
  for (const size_t each : work.cases) {
    CaseResult& result = cases_[each].result;
    if (!request_.looks_at_source || result.outcome != CaseOutcome::kOtherwise) continue;
    SubjectReport& report = result.session->report;
    if (!part) {
      const SourceRequest by_itself{.root = {}, .by_itself = true};
      const auto view = view_source(*evidence_.recording, *engines_[work.engine].engine, base,
                                    report, by_itself, interrupt);
      if (!view) return;
      part = source_part(*view);
    }
    report.captured.push_back(*part);
  }
}

void ScenarioSession::run_cases(const Work& work, const Interrupt& interrupt) {
  const auto begin = Clock::now();
  const OpenedCandidate& engine = engines_[work.engine];
  const Case& leader = cases_[work.cases.front()];
  try {
    const SessionRequest request =
        session_for(call_for(engine).options, engine, work.id, entry_.scenario->repeat);
    std::vector<SubjectSession> sessions =
        run_session(*evidence_.recording, *engine.engine, request, interrupt, nullptr);
    const SubjectSession session = std::move(sessions.front());
    const double wall_s = seconds_since(begin);
    for (const size_t each : work.cases) judge(cases_[each], session, wall_s, leader);
    look_at_source(work, request.base, interrupt);
    for (const size_t each : work.cases) finish(cases_[each].result);
  } catch (const Error& error) {
    for (const size_t each : work.cases) {
      CaseResult& result = cases_[each].result;
      result.outcome = CaseOutcome::kNotJudged;
      result.why = error.what();
      result.wall_s = seconds_since(begin);
      finish(result);
    }
  }
}

void ScenarioSession::run(size_t work, const Interrupt& interrupt) {
  if (works_[work].cases.empty()) {
    read_recording();
  } else {
    run_cases(works_[work], interrupt);
  }
}

void ScenarioSession::keep_files(CaseResult& result) const {
  const bool failed =
      result.outcome == CaseOutcome::kOtherwise || result.outcome == CaseOutcome::kNotJudged;
  if (!request_.out || !failed) return;
  CaseFiles files;
  files.text = entry_.name + ": " + result.name + ": " + std::string(to_string(result.outcome)) +
               ": " + printable(result.why) + "\n";
  if (!result.expected.empty()) files.text += "expected   " + printable(result.expected) + "\n";
  if (!result.found.empty()) files.text += "found      " + printable(result.found) + "\n";
  if (!result.reproduce.empty()) files.text += "reproduce  " + printable(result.reproduce) + "\n";
  if (result.session) {
    const std::vector<SubjectSession> sessions{*result.session};
    const Verdict& verdict = sessions.front().report.result.verdict;
    const ReplayReportInput input{*evidence_.recording,        *result.engine, sessions, {}, false,
                                  entry_.scenario->repeat > 1, verdict.kind};
    files.report = json_text(replay_json(input), 2) + "\n";
    files.text += "\n" + replay_text(input);
    files.last_words = verdict.end.last_words;
  }
  result.files = write_case_files(*request_.out, entry_.name, result.name, files);
}

void ScenarioSession::finish(CaseResult& result) {
  try {
    keep_files(result);
  } catch (const Error& error) {  // what was found stands; who asked for the files is told
    result.files_lost = "files of " + entry_.name + ": " + result.name + ": " + error.what();
  }
  observer_.on_case(entry_.name, result);
}

ScenarioResult ScenarioSession::take() {
  ScenarioResult result;
  result.name = entry_.name;
  result.file = entry_.file;
  if (entry_.scenario) result.title = entry_.scenario->title;
  result.why = why_;
  if (reading_) result.cases.push_back(std::move(*reading_));
  for (Case& each : cases_) result.cases.push_back(std::move(each.result));
  for (const CaseResult& each : result.cases) result.wall_s += each.wall_s;
  engines_.clear();
  evidence_ = {};
  return result;
}

}  // namespace recrank
