#include "harness/capture/tail_start.h"

#include <algorithm>
#include <utility>

#include "harness/session/written_checkpoint.h"

namespace recrank {
TailStarts::TailStarts(const Recording& recording, const Engine& engine,
                       const ReplayRequest& request, const ReplayPlan& plan, uint64_t crash_step,
                       uint64_t steps_wanted)
    : recording_(recording),
      engine_(engine),
      request_(request),
      plan_(plan),
      crash_step_(crash_step),
      first_(first_step(steps_wanted)) {
  std::optional<Checkpoint> nearest;
  std::optional<Checkpoint> genesis;
  for (const Checkpoint& each : startable_checkpoints(recording_, request_)) {
    if (each.next_step > first_) continue;
    nearest = each;
    if (each.kind == CheckpointKind::kGenesis) genesis = each;
  }
  if (nearest) add(*nearest);
  if (plan_.checkpoint.next_step <= first_) add(plan_.checkpoint);
  if (genesis) add(*genesis);
  write_first_ = recorded_.empty() || recorded_.front().next_step < first_;
}

// A checkpoint of an incarnation before the one that is wanted begins with another worker.
void TailStarts::add(const Checkpoint& checkpoint) {
  for (const Checkpoint& known : recorded_) {
    if (known.kind == checkpoint.kind && known.next_step == checkpoint.next_step) return;
  }
  const auto stream = recording_.steps(request_.subject_id, {checkpoint.next_step, crash_step_});
  Step step;
  bool first = true;
  while (stream->next(step)) {
    if (!first && step.kind == StepKind::kInitializeWorker) return;
    first = false;
  }
  recorded_.push_back(checkpoint);
}

uint64_t TailStarts::first_step(uint64_t steps_wanted) const {
  const uint64_t back = std::min(crash_step_ - plan_.range.begin, steps_wanted - 1);
  uint64_t first = crash_step_ - back;
  const auto stream = recording_.steps(request_.subject_id, {first, crash_step_ + 1});
  Step step;
  while (stream->next(step)) {
    if (step.kind == StepKind::kInitializeWorker) first = step.number;
  }
  return first;
}

std::optional<TailStart> TailStarts::next(const Interrupt& interrupt) {
  passed_over_.clear();
  if (std::exchange(write_first_, false)) {
    if (auto made = written(interrupt)) return made;
  }
  if (given_ == recorded_.size()) return std::nullopt;
  const Checkpoint& checkpoint = recorded_[given_++];
  return TailStart{
      {{checkpoint.next_step, crash_step_ + 1}, checkpoint}, checkpoint.label(), nullptr};
}

std::optional<TailStart> TailStarts::written(const Interrupt& interrupt) {
  ReplayPlan plan = plan_;
  plan.range.end = crash_step_ + 1;
  CheckpointAttempt attempt =
      write_checkpoint_before(recording_, engine_, request_, plan, first_, interrupt);
  if (!attempt.written) {
    passed_over_ =
        "no heap could be written before step " + std::to_string(first_) + ": " + attempt.trouble;
    return std::nullopt;
  }
  const Checkpoint& made = attempt.written->checkpoint;
  TailStart start;
  start.plan = {{made.next_step, crash_step_ + 1}, made};
  start.label = "a heap written before step " + std::to_string(made.next_step);
  start.own = std::move(attempt.written->recording);
  return start;
}

}  // namespace recrank
