#include "replay/judge/step_judge.h"

#include <algorithm>

#include "replay/dialect.h"
#include "replay/judge/align_calls.h"

namespace recrank {
namespace {

// After a call that differs, so many more are looked at to say whether it was wrong, extra, or
// others are missing. Few: each is made on an answer that may not be the true one.
constexpr size_t kLookAheadCalls = 4;
// In kContinue, calls are lined up in pieces of at most this.
constexpr size_t kPieceCallsMax = kAlignCallsMax;
constexpr size_t kPieceBytesMax = 16 << 20;

constexpr std::string_view kOkNull = R"(["ok",null])";
constexpr std::string_view kNoCall = "no further call";

}  // namespace

void StepJudge::begin(const Step& step) {
  step_ = &step;
  next_ = 0;
  made_.clear();
  made_bytes_ = 0;
  compared_ = 0;
  calls_equal_ = true;
  unanswerable_call_.clear();
}

std::optional<std::string_view> StepJudge::on_call(std::string_view call) {
  if (made_.empty() && next_ < step_->calls.size() && step_->calls[next_].call == call) {
    return step_->calls[next_++].answer;
  }
  return on_other_call(call);
}

std::optional<std::string_view> StepJudge::on_other_call(std::string_view call) {
  const std::vector<ExpectedCall>& recorded = step_->calls;
  if (made_.empty()) {
    if (next_ < recorded.size() && same_call(recorded[next_].call, call)) {
      return recorded[next_++].answer;
    }
    cursor_ = next_;
  }
  const std::optional<std::string_view> answer = answer_other(call);
  made_.emplace_back(call);
  made_bytes_ += call.size();
  if (mode_ == JudgeMode::kStop) {
    // Behind the last recorded call everything is extra: no need to look further.
    const bool seen_enough = next_ == recorded.size() || made_.size() > kLookAheadCalls;
    return seen_enough ? std::nullopt : answer;
  }
  if (made_.size() >= kPieceCallsMax || made_bytes_ >= kPieceBytesMax) {
    settle(CallsEnd::kCutShort);
  }
  return answer;
}

// The recorded call that is equal: the nearest from the cursor on, else one that was passed over.
std::optional<size_t> StepJudge::find_recorded(std::string_view call) const {
  const auto find_in = [&](size_t begin, size_t end) -> std::optional<size_t> {
    for (size_t k = begin; k < end; ++k) {
      if (likely_same_call(step_->calls[k].call, call)) return k;
    }
    return std::nullopt;
  };
  const auto ahead = find_in(cursor_, step_->calls.size());
  return ahead ? ahead : find_in(next_, cursor_);
}

std::optional<std::string_view> StepJudge::answer_other(std::string_view call) {
  const std::vector<ExpectedCall>& recorded = step_->calls;
  if (const auto k = find_recorded(call)) {
    cursor_ = *k + 1;
    return recorded[*k].answer;
  }
  if (cursor_ < recorded.size() && call_verb(recorded[cursor_].call) == call_verb(call)) {
    return recorded[cursor_++].answer;
  }
  // When only the name of the difference is wanted, any answer will do to see the next call.
  if (mode_ == JudgeMode::kStop || dialect_.answered_with_null(call)) return kOkNull;
  unanswerable_call_ = call.substr(0, kDivergenceValueBytesMax);
  return std::nullopt;
}

void StepJudge::end(CallsEnd end) {
  if (!made_.empty() || next_ < step_->calls.size()) settle(end);
  compared_ += next_;
  if (mode_ == JudgeMode::kAnswerOnly) compared_ = 0;
}

// Lines up what was made since the first difference, names it, and is in step again.
void StepJudge::settle(CallsEnd end) {
  const std::vector<std::string_view> made(made_.begin(), made_.end());
  std::vector<std::string_view> recorded;
  for (size_t k = next_; k < step_->calls.size(); ++k) recorded.push_back(step_->calls[k].call);
  const CallAlignment found = align_calls(
      made, recorded, end == CallsEnd::kComplete ? AlignExtent::kWholeStep : AlignExtent::kSoFar);
  for (const CallEdit& edit : found.edits) {
    calls_equal_ = false;
    if (edit.kind == CallEditKind::kExtra) ++compared_;
    if (mode_ == JudgeMode::kAnswerOnly) continue;
    const Field field = edit.kind == CallEditKind::kWrong   ? Field::kSyscallWrong
                        : edit.kind == CallEditKind::kExtra ? Field::kSyscallExtra
                                                            : Field::kSyscallMissing;
    note(field, next_ + edit.recorded, edit.made);
    if (mode_ == JudgeMode::kStop) {  // what follows was made on guessed answers
      next_ = std::min(next_ + edit.recorded + 1, step_->calls.size());
      return;
    }
  }
  next_ += found.recorded_used;
  made_.clear();
  made_bytes_ = 0;
}

void StepJudge::note(Field field, size_t recorded, size_t made) {
  const std::string_view expected =
      recorded < step_->calls.size() ? step_->calls[recorded].call : kNoCall;
  const std::string_view got = made < made_.size() ? std::string_view(made_[made]) : kNoCall;
  divergences_.add(step_->number, field, recorded, expected, got);
}

}  // namespace recrank
