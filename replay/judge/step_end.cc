#include "replay/judge/step_end.h"

#include <utility>

#include "base/text.h"
#include "replay/crash/signal_words.h"
#include "replay/crash/signature.h"
#include "replay/judge/findings.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

std::string who_sent(const ProcessEnd& end) {
  if (!end.report) return "(the out of memory killer or a person)";
  if (end.report->cause().sender) return "(another process sent it)";
  return end.report->losses.empty() ? "(a person)" : "(" + end.report->losses.front() + ")";
}

// The signal that was sent: a handler of the engine may have ended it with another.
int sent_signal(const ProcessEnd& end) {
  const bool sent = end.report && end.report->cause().sender;
  return sent ? end.report->cause().signal : end.signal;
}

}  // namespace

Verdict verdict_of_end(const StepOutcome& outcome, uint64_t step) {
  Verdict verdict;
  verdict.step = step;
  if (const auto* crashed = std::get_if<StepCrashed>(&outcome)) {
    if (sent_from_outside(crashed->end)) {
      verdict = unjudged("the engine was killed by " + signal_name(sent_signal(crashed->end)) +
                             " from outside " + who_sent(crashed->end),
                         step);
      verdict.end = crashed->end;
      return verdict;
    }
    verdict.kind = VerdictKind::kCrashed;
    verdict.end = crashed->end;
    verdict.signature = crash_signature(verdict.end);
  } else if (const auto* limit = std::get_if<StepLimit>(&outcome)) {
    verdict.kind = VerdictKind::kLimit;
    verdict.limit = *limit;
    if (limit->end.report) verdict.signature = crash_signature(limit->end);
  } else if (const auto* garbled = std::get_if<StepGarbled>(&outcome)) {
    verdict.kind = VerdictKind::kCrashed;
    verdict.end.meaning = Verdict::kBrokeProtocol;
    verdict.detail = "the engine broke the protocol: " + printable(garbled->what);
    verdict.signature = garbled_signature(garbled->what);
  } else if (std::holds_alternative<StepInterrupted>(outcome)) {
    verdict.kind = VerdictKind::kInterrupted;
  } else {
    verdict = unjudged(describe_outcome(outcome), step);
  }
  return verdict;
}

Verdict verdict_of_failed_start(const StartResult& failed, const std::string& hint, uint64_t step) {
  const auto* crashed = std::get_if<StepCrashed>(&failed.failure);
  const bool itself = (crashed != nullptr && crashed->end.signal != 0) ||
                      std::holds_alternative<StepLimit>(failed.failure) ||
                      std::holds_alternative<StepInterrupted>(failed.failure);
  if (itself) {
    Verdict verdict = verdict_of_end(failed.failure, step);
    const std::string where = "while starting (" + failed.stage + ")";
    if (verdict.kind == VerdictKind::kUnjudged) {
      verdict.reason += " " + where;
    } else {
      verdict.detail = where;
    }
    return verdict;
  }
  std::string how;
  if (const auto* done = std::get_if<StepDone>(&failed.failure)) {
    how = failed.stage + " answered " + printable(done->result, 500);
  } else {
    how = printable(describe_outcome(failed.failure)) + " in " + failed.stage;
    if (crashed != nullptr && !crashed->end.last_words.empty()) {
      how += "; its last words: " + crashed->end.last_words;
    }
  }
  return unjudged("engine will not start: " + how + hint, step);
}

}  // namespace recrank
