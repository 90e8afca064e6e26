// Which delivery of a replay took longest.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "replay/judge/replay.h"

namespace recrank {

struct SlowestStep {
  uint64_t step = 0;
  double seconds = 0;  // wall clock, the reading of the step included
};

// Takes the time between the end of one step and the end of the next, at no cost but a look at the
// clock. So the very first step of a replay or of a part of it is left out: an engine starts there.
// Marks are no candidates. Thread-safe. Memory: one entry per subject and run.
class SlowestWatch final : public ReplayObserver {
 public:
  using Clock = std::chrono::steady_clock;
  // `now` is for tests.
  explicit SlowestWatch(std::function<Clock::time_point()> now = Clock::now)
      : now_(std::move(now)) {}

  void on_step(const StepTelemetry& step) override { note(step); }
  void on_last_step(const StepTelemetry& step) override { note(step); }

  // nullopt: no delivery was timed.
  [[nodiscard]] std::optional<SlowestStep> of(const std::string& subject_id, uint64_t run) const;

 private:
  struct Thread {  // what it did last
    std::string subject_id;
    uint64_t run = 0;
    uint64_t step = 0;
    Clock::time_point ended;
  };

  void note(const StepTelemetry& step);

  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::thread::id, Thread> threads_;
  std::map<std::pair<std::string, uint64_t>, SlowestStep> slowest_;
};

}  // namespace recrank
