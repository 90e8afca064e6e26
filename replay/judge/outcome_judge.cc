#include "replay/judge/outcome_judge.h"

#include <algorithm>
#include <utility>

#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/crash/signal_words.h"
#include "replay/dialect.h"
#include "replay/judge/step_end.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr size_t kTextMax = 500;  // of a vat's own words within a sentence

JudgeMode judge_mode(const ReplayRequest& request) {
  if (!request.compare.syscalls) return JudgeMode::kAnswerOnly;
  return request.on_divergence == OnDivergence::kStop ? JudgeMode::kStop : JudgeMode::kContinue;
}

AfterStep end_with(Verdict verdict) { return {Go::kEnd, std::move(verdict)}; }

std::string at_step(const Step& step) { return "step " + std::to_string(step.number); }

}  // namespace

OutcomeJudge::OutcomeJudge(const ReplayRequest& request, const Dialect& dialect, Findings& findings)
    : request_(request),
      dialect_(dialect),
      findings_(findings),
      calls_(judge_mode(request), dialect, findings.divergences) {}

CallHandler& OutcomeJudge::begin(const Step& step) {
  calls_.begin(step);
  return calls_;
}

AfterStep OutcomeJudge::judge_delivery(const Step& step, const StepOutcome& outcome) {
  if (const auto* done = std::get_if<StepDone>(&outcome)) return judge_answer(step, *done);
  if (std::holds_alternative<StepStopped>(outcome)) return judge_stopped(step);
  return judge_death(step, outcome);
}

AfterStep OutcomeJudge::judge_snapshot(const Step& step, const StepOutcome& outcome,
                                       const std::string& sha256) {
  const auto* done = std::get_if<StepDone>(&outcome);
  if (done == nullptr) return end_with(verdict_of_end(outcome, step.number));
  ++findings_.compared.snapshots;
  const std::string got = done->ok ? sha256 : describe_outcome(outcome);
  if (got != step.expected_snapshot) {
    findings_.divergences.add(step.number, Field::kSnapshotHash, {}, step.expected_snapshot, got);
  }
  return go_on();
}

// A step whose process lives on.
AfterStep OutcomeJudge::go_on() const {
  if (findings_.divergences.empty() || request_.on_divergence == OnDivergence::kContinue) return {};
  return end_with(verdict_of_kind(VerdictKind::kDiverged));
}

// True when the calls were not the recorded ones.
bool OutcomeJudge::end_calls(CallsEnd end) {
  const uint64_t before = findings_.divergences.count();
  calls_.end(end);
  findings_.compared.syscalls += calls_.compared();
  return findings_.divergences.count() != before;
}

AfterStep OutcomeJudge::judge_answer(const Step& step, const StepDone& done) {
  const bool calls_differ = end_calls(CallsEnd::kComplete);
  const bool stops = request_.on_divergence == OnDivergence::kStop;
  if (stops && calls_differ) return go_on();
  if (step.status == RecordedStatus::kFailed) return judge_recorded_failure(step, done);
  compare_result(step, done);
  compare_facts(step, done);
  // Other calls cost other computrons: that would name the same difference twice.
  const bool named = calls_differ || (stops && !findings_.divergences.empty());
  if (!named) compare_computrons(step, done);
  return go_on();
}

void OutcomeJudge::compare_result(const Step& step, const StepDone& done) {
  if (step.status && request_.compare.result) {
    ++findings_.compared.results;
    const std::string expected = step.status == RecordedStatus::kOk ? "ok"
                                 : step.failure_text.empty()        ? "an error"
                                                                    : step.failure_text;
    const std::string got = done.ok ? "ok" : answered_error(done.result);
    const bool ok_recorded = step.status == RecordedStatus::kOk;
    const bool text_differs = !ok_recorded && !step.failure_text.empty() && got != expected;
    if (done.ok != ok_recorded || text_differs) {
      findings_.divergences.add(done.of_step.value_or(step.number), Field::kResult, {}, expected,
                                got);
    }
  } else if (!step.expected_result.empty() && request_.compare.result) {
    ++findings_.compared.results;
    if (done.result != step.expected_result && !json_equal(done.result, step.expected_result)) {
      findings_.divergences.add(step.number, Field::kResult, {}, step.expected_result, done.result);
    }
  } else if (!done.ok) {
    findings_.add_note(at_step(step) + " answered with an error: " +
                       printable(answered_error(done.result), kTextMax));
  }
}

void OutcomeJudge::compare_computrons(const Step& step, const StepDone& done) {
  if (!step.computrons || !request_.compare.computrons) return;
  if (!done.computrons) {
    findings_.engine_lacks_computrons = true;
    return;
  }
  ++findings_.compared.computrons;
  if (*done.computrons == *step.computrons) return;
  findings_.divergences.add(step.number, Field::kComputrons, {}, std::to_string(*step.computrons),
                            std::to_string(*done.computrons));
}

// All that differ are named: together they say which part of a state it is.
void OutcomeJudge::compare_facts(const Step& step, const StepDone& done) {
  if (!request_.compare.facts) return;
  for (const NamedFact& recorded : step.facts) {
    const auto got = std::find_if(done.facts.begin(), done.facts.end(), [&](const NamedFact& fact) {
      return fact.name == recorded.name;
    });
    if (got == done.facts.end()) continue;
    ++findings_.compared.facts;
    findings_.note_compared_fact(recorded.name);
    if (got->value == recorded.value) continue;
    findings_.divergences.add(step.number, Field::kFact, {}, recorded.value, got->value,
                              recorded.name);
  }
}

AfterStep OutcomeJudge::judge_finish(const StepOutcome& outcome, uint64_t last_step) const {
  if (std::holds_alternative<StepDone>(outcome)) return {};
  return end_with(verdict_of_end(outcome, last_step));
}

// The recording says that the step failed; the engine answered it.
AfterStep OutcomeJudge::judge_recorded_failure(const Step& step, const StepDone& done) {
  const RecordedFailure failure = dialect_.read_failure(step.failure_text);
  if (is_outside_signal(failure.signal)) {
    return end_with(unjudged("the recorded worker was killed from outside in this step (" +
                                 printable(failure.text, kTextMax) +
                                 "): there is no end to hold the replay against",
                             step.number));
  }
  if (met_again(failure, done)) {
    ++findings_.compared.ends;
    findings_.add_note(at_step(step) + " failed as recorded: " + printable(failure.text, kTextMax));
  } else {
    findings_.divergences.add(step.number, Field::kEnd, {}, failure.text, describe_outcome(done));
  }
  return go_on();
}

// The call handler ended the step: to report, or because the recording has no answer.
AfterStep OutcomeJudge::judge_stopped(const Step& step) {
  end_calls(CallsEnd::kCutShort);
  if (!request_.compare.syscalls) {
    return end_with(unjudged(at_step(step) +
                                 " made a system call that has no recorded answer, and system "
                                 "calls are left out of the comparison: " +
                                 printable(calls_.unanswerable_call(), kTextMax),
                             step.number));
  }
  if (findings_.divergences.empty()) {
    return end_with(unjudged("the engine ended " + at_step(step) + " by itself", step.number));
  }
  if (request_.on_divergence == OnDivergence::kStop) return go_on();
  return {Go::kResume, {}};
}

// The process is gone, not by our will.
AfterStep OutcomeJudge::judge_death(const Step& step, const StepOutcome& outcome) {
  Verdict verdict = verdict_of_end(outcome, step.number);
  const auto* limit = std::get_if<StepLimit>(&outcome);
  const bool own_end =
      verdict.kind == VerdictKind::kCrashed || (limit != nullptr && is_engine_limit(limit->kind));
  if (step.status != RecordedStatus::kFailed || !own_end) {
    end_calls(CallsEnd::kCutShort);
    return end_with(std::move(verdict));
  }
  const RecordedFailure failure = dialect_.read_failure(step.failure_text);
  const bool same = met_again(failure, outcome);
  // A worker that dies as it did then has made all the calls that it made then.
  const bool calls_differ = end_calls(same ? CallsEnd::kComplete : CallsEnd::kCutShort);
  if (same && !calls_differ) {
    ++findings_.compared.ends;
    verdict.as_recorded = true;
  } else if (!same && !calls_differ && !is_outside_signal(failure.signal)) {
    findings_.divergences.add(step.number, Field::kEnd, {}, failure.text,
                              describe_outcome(outcome));
  }
  return end_with(std::move(verdict));
}

}  // namespace recrank
