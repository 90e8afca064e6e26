#include "harness/session/slowest_watch.h"

namespace recrank {

void SlowestWatch::note(const StepTelemetry& step) {
  const Clock::time_point now = now_();
  const std::lock_guard<std::mutex> lock(mutex_);
  Thread& last = threads_[std::this_thread::get_id()];
  const bool follows =
      last.subject_id == step.subject_id && last.run == step.run && last.step + 1 == step.step;
  if (follows && step.delivery) {
    const double seconds = std::chrono::duration<double>(now - last.ended).count();
    SlowestStep& slowest = slowest_[{last.subject_id, last.run}];
    // Of equal ones the first, also where parts of one replay run side by side.
    if (seconds > slowest.seconds) slowest = {step.step, seconds};
  }
  if (!follows) {
    last.subject_id = step.subject_id;
    last.run = step.run;
  }
  last.step = step.step;
  last.ended = now;
}

std::optional<SlowestStep> SlowestWatch::of(const std::string& subject_id, uint64_t run) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = slowest_.find({subject_id, run});
  return found == slowest_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace recrank
