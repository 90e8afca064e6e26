// One line on the terminal that says how far a long replay is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>

#include "replay/judge/replay.h"

namespace recrank {

struct ProgressTotals {
  uint64_t steps = 0;
  uint64_t computrons = 0;  // 0: not recorded; the share of steps is shown instead
};

// "v6  1,234/6,298 steps  480 steps/s  63 % of recorded computrons  9 s left", rewritten at most
// five times a second, removed by the destructor. Thread-safe; silent when not `enabled`.
class Progress final : public ReplayObserver {
 public:
  Progress(std::ostream& err, bool enabled, std::string label, ProgressTotals totals);
  ~Progress() override;
  void on_step(const StepTelemetry& step) override;

 private:
  void draw();

  std::ostream& err_;
  const bool enabled_;
  const std::string label_;
  const ProgressTotals totals_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<uint64_t> steps_{0};
  std::atomic<uint64_t> computrons_{0};
  std::atomic<int64_t> next_draw_ms_{500};  // nothing is shown for what is over at once
  std::mutex drawing_;
  bool drawn_ = false;
};

}  // namespace recrank
