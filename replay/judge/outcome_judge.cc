#include "replay/judge/outcome_judge.h"

#include <algorithm>
#include <utility>

#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/crash/own_limit.h"
#include "replay/crash/signal_words.h"
#include "replay/dialect.h"
#include "replay/judge/align_calls.h"
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

// What became of an engine in a step in which another one had died: "it lived on, made 2 more calls
// (the first ["send","o-1"]) and answered ok".
std::string lived_words(const CallsBeyond& beyond, const std::string& end) {
  if (beyond.calls == 0) return end;
  const std::string first = printable(beyond.first, kTextMax);
  const std::string made =
      beyond.calls == 1 ? "1 more call (" + first + ")"
                        : std::to_string(beyond.calls) + " more calls (the first " + first + ")";
  return "it lived on, made " + made + (end.empty() ? "" : "; " + end);
}

std::string at_step(const Step& step) { return "step " + std::to_string(step.number); }

Verdict no_end_to_hold_against(const Step& step, const RecordedFailure& failure) {
  return unjudged("the recorded worker was killed from outside in this step (" +
                      printable(failure.text, kTextMax) +
                      "): there is no end to hold the replay against",
                  step.number);
}

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
  AfterStep after = judge_end(step, outcome);
  if (calls_.left_at().empty()) return after;
  // Only how the engine ends counts there: what it did instead was never recorded otherwise.
  const bool ended = after.go == Go::kEnd && (after.end.kind == VerdictKind::kCrashed ||
                                              after.end.kind == VerdictKind::kLimit ||
                                              after.end.kind == VerdictKind::kInterrupted);
  if (ended) return after;
  return end_with(
      unjudged(at_step(step) +
                   " does otherwise on this engine than on the one that its history was made on (" +
                   printable(calls_.left_at(), kTextMax) +
                   "): the recording that it was made from holds nothing to compare that with",
               step.number));
}

AfterStep OutcomeJudge::judge_end(const Step& step, const StepOutcome& outcome) {
  const auto* done = std::get_if<StepDone>(&outcome);
  if (std::holds_alternative<StepStopped>(outcome)) return judge_stopped(step, CallsEnd::kCutShort);
  // What a step comes to that goes on with a guess is no finding: it only showed its next calls.
  const bool guessed = request_.compare.syscalls && !calls_.unanswerable_call().empty() &&
                       !std::holds_alternative<StepInterrupted>(outcome);
  if (guessed) {
    return judge_stopped(step, done != nullptr ? CallsEnd::kComplete : CallsEnd::kCutShort);
  }
  return done != nullptr ? judge_answer(step, *done) : judge_death(step, outcome);
}

AfterStep OutcomeJudge::judge_snapshot(const Step& step, const StepOutcome& outcome,
                                       const std::string& sha256) {
  const auto* done = std::get_if<StepDone>(&outcome);
  if (done == nullptr) return end_with(verdict_of_end(outcome, step.number));
  if (step.unclaimed) return go_on();
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
  if (calls_differ) note_other_answer(step, done);
  if (stops && calls_differ) return go_on();
  if (step.status == RecordedStatus::kFailed) return judge_recorded_failure(step, done);
  if (step.open_end) note_lived_on(step);
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
      note_own_limit(step, done);
    }
  } else if (!done.ok) {
    findings_.add_note(at_step(step) + " answered with an error: " +
                       printable(answered_error(done.result), kTextMax));
  }
}

// What it answered where its calls differ often says why: a server that catches its own errors
// tells of them so.
void OutcomeJudge::note_other_answer(const Step& step, const StepDone& done) {
  if (step.expected_result.empty() || done.result.empty()) return;
  if (json_equal(done.result, step.expected_result)) return;
  findings_.add_note("it answered " + printable(done.result, kTextMax));
  note_own_limit(step, done);
}

// An answer that tells of a lack, where the recorded one does not.
void OutcomeJudge::note_own_limit(const Step& step, const StepDone& done) {
  const LimitTraces traces{0, 0, request_.limits.memory_bytes, 0};
  if (!findings_.own_limit.empty() || !own_limit(traces, step.expected_result).empty()) return;
  findings_.own_limit = own_limit(traces, done.result);
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
  if (is_outside_signal(failure.signal)) return end_with(no_end_to_hold_against(step, failure));
  if (met_again(failure, done)) {
    ++findings_.compared.ends;
    findings_.add_note(at_step(step) + " failed as recorded: " + printable(failure.text, kTextMax));
  } else {
    findings_.divergences.add(step.number, Field::kEnd, {}, failure.text,
                              lived_words(calls_.beyond(), describe_outcome(done)));
  }
  return go_on();
}

// The call handler ended the step, or had to guess in it: to report, or because the recording has
// no answer.
AfterStep OutcomeJudge::judge_stopped(const Step& step, CallsEnd how) {
  end_calls(how);
  if (calls_.beyond().stopped) return judge_lived_on(step);
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

// The recording ends inside the step, and the engine went on to a call whose answer nobody knows.
AfterStep OutcomeJudge::judge_lived_on(const Step& step) {
  if (step.status != RecordedStatus::kFailed) {
    note_lived_on(step);
    return {Go::kLivedOn, {}};
  }
  const RecordedFailure failure = dialect_.read_failure(step.failure_text);
  if (is_outside_signal(failure.signal)) return end_with(no_end_to_hold_against(step, failure));
  findings_.divergences.add(step.number, Field::kEnd, {}, failure.text,
                            lived_words(calls_.beyond(), ""));
  if (request_.on_divergence == OnDivergence::kStop) return go_on();
  return {Go::kResume, {}};
}

void OutcomeJudge::note_lived_on(const Step& step) {
  findings_.lived_on = LivedOn{step.number, calls_.beyond().calls, calls_.beyond().first};
}

// The process is gone, not by our will.
AfterStep OutcomeJudge::judge_death(const Step& step, const StepOutcome& outcome) {
  Verdict verdict = verdict_of_end(outcome, step.number);
  const auto* limit = std::get_if<StepLimit>(&outcome);
  const bool own_end =
      verdict.kind == VerdictKind::kCrashed || (limit != nullptr && is_engine_limit(limit->kind));
  if (step.status != RecordedStatus::kFailed || !own_end) {
    end_calls(CallsEnd::kCutShort);
    if (const std::string lived = lived_words(calls_.beyond(), ""); !lived.empty()) {
      findings_.add_note("behind the end of the record, inside " + at_step(step) + ", " + lived);
    }
    return end_with(std::move(verdict));
  }
  const RecordedFailure failure = dialect_.read_failure(step.failure_text);
  const bool same = met_again(failure, outcome);
  // A worker that dies as it did then has made all the calls that it made then, and no other.
  bool calls_differ = end_calls(same ? CallsEnd::kComplete : CallsEnd::kCutShort);
  if (same && calls_.beyond().calls > 0 && request_.compare.syscalls) {
    findings_.divergences.add(step.number, Field::kSyscallExtra, step.calls.size(), kNoCall,
                              calls_.beyond().first);
    calls_differ = true;
  }
  if (same && !calls_differ) {
    ++findings_.compared.ends;
    verdict.as_recorded = true;
  } else if (!same && !calls_differ && !is_outside_signal(failure.signal)) {
    findings_.divergences.add(step.number, Field::kEnd, {}, failure.text,
                              lived_words(calls_.beyond(), describe_outcome(outcome)));
  }
  return end_with(std::move(verdict));
}

}  // namespace recrank
