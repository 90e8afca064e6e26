#include "replay/judge/step_judge.h"

#include <algorithm>
#include <utility>

#include "replay/dialect.h"
#include "replay/judge/align_calls.h"
#include "replay/judge/side_by_side.h"

namespace recrank {
namespace {

// Behind a call that differs more are looked at, to say whether it was wrong, extra, or others are
// missing: until so many are again the recorded ones, one behind the other, ...
constexpr size_t kInStepCalls = 4;
// ... or so many were made. Each of these may be made on an answer that is not the true one.
constexpr size_t kPieceCallsMax = 64;
static_assert(kPieceCallsMax <= kAlignCallsMax);
constexpr size_t kPieceBytesMax = 16 << 20;

constexpr std::string_view kOkNull = R"(["ok",null])";

}  // namespace

void StepJudge::begin(const Step& step) {
  step_ = &step;
  next_ = 0;
  made_.clear();
  made_bytes_ = 0;
  compared_ = 0;
  calls_equal_ = true;
  unanswerable_call_.clear();
  left_at_.clear();
  guessed_.reset();
  open_ = dialect_.record_ends_inside(step);
  beyond_ = {};
}

std::optional<std::string_view> StepJudge::on_call(std::string_view call) {
  if (made_.empty() && next_ < step_->calls.size() && step_->calls[next_].call == call) {
    return step_->calls[next_++].answer;
  }
  return on_other_call(call);
}

std::optional<std::string_view> StepJudge::on_other_call(std::string_view call) {
  const std::vector<ExpectedCall>& recorded = step_->calls;
  const bool behind_the_last = next_ == recorded.size();
  if (made_.empty()) {
    if (!behind_the_last && same_call(recorded[next_].call, call)) return recorded[next_++].answer;
    if (behind_the_last && open_) return answer_beyond(call);
    cursor_ = next_;
    in_step_ = 0;
  }
  const std::optional<std::string_view> answer = answer_other(call);
  made_.emplace_back(call);
  made_bytes_ += call.size();
  const bool seen_enough =
      in_step_ >= kInStepCalls || made_.size() >= kPieceCallsMax || made_bytes_ >= kPieceBytesMax;
  // Behind the last recorded call everything is extra: no need to look further.
  if (mode_ == JudgeMode::kStop || guessed_) {
    return seen_enough || behind_the_last ? std::nullopt : answer;
  }
  if (seen_enough) settle(CallsEnd::kCutShort);
  return answer;
}

// A step that was not recorded to its end may make more calls than are recorded. It goes on as long
// as their answers can be known.
std::optional<std::string_view> StepJudge::answer_beyond(std::string_view call) {
  note_beyond(call);
  if (dialect_.answered_with_null(call)) return kOkNull;
  beyond_.stopped = true;
  return std::nullopt;
}

void StepJudge::note_beyond(std::string_view call) {
  if (beyond_.calls++ == 0) beyond_.first = call.substr(0, kDivergenceValueBytesMax);
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

void StepJudge::follow(std::optional<size_t> recorded) {
  if (!recorded) {
    in_step_ = 0;
    return;
  }
  in_step_ = in_step_ > 0 && *recorded == cursor_ ? in_step_ + 1 : 1;
  cursor_ = *recorded + 1;
}

std::optional<std::string_view> StepJudge::answer_other(std::string_view call) {
  const std::vector<ExpectedCall>& recorded = step_->calls;
  const std::optional<size_t> equal = find_recorded(call);
  follow(equal);
  if (equal) return recorded[*equal].answer;
  const bool alike =
      cursor_ < recorded.size() && call_verb(recorded[cursor_].call) == call_verb(call);
  return alike ? recorded[cursor_++].answer : answer_unknown(call);
}

// No recorded call is like it. To see the next calls, which say what this one is, any answer will
// do; what the step does then is its own affair.
std::optional<std::string_view> StepJudge::answer_unknown(std::string_view call) {
  if (mode_ == JudgeMode::kStop || dialect_.answered_with_null(call)) return kOkNull;
  if (unanswerable_call_.empty()) unanswerable_call_ = call.substr(0, kDivergenceValueBytesMax);
  if (mode_ == JudgeMode::kAnswerOnly) return std::nullopt;
  if (!guessed_) guessed_ = made_.size();
  return kOkNull;
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
  bool shown = !divergences_.empty();
  for (const CallEdit& edit : found.edits) {
    const size_t at = next_ + edit.recorded;
    if (guessed_ && edit.made > *guessed_) {  // made on guessed answers
      next_ = std::min(at, step_->calls.size());
      return;
    }
    if (open_ && edit.kind == CallEditKind::kExtra && at == step_->calls.size()) {
      note_beyond(made_[edit.made]);
      continue;
    }
    calls_equal_ = false;
    if (edit.kind == CallEditKind::kExtra) ++compared_;
    if (mode_ == JudgeMode::kAnswerOnly) continue;
    const Field field = edit.kind == CallEditKind::kWrong   ? Field::kSyscallWrong
                        : edit.kind == CallEditKind::kExtra ? Field::kSyscallExtra
                                                            : Field::kSyscallMissing;
    note(field, at, edit.made);
    if (!std::exchange(shown, true) && !divergences_.empty()) {
      divergences_.show_calls(side_by_side(next_, made, recorded, found));
    }
    if (mode_ == JudgeMode::kStop) {  // what follows was made on guessed answers
      next_ = std::min(at + 1, step_->calls.size());
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
  if (step_->unclaimed) {
    if (left_at_.empty()) left_at_ = "call " + std::to_string(recorded) + " is " + std::string(got);
    return;
  }
  divergences_.add(step_->number, field, recorded, expected, got);
}

}  // namespace recrank
