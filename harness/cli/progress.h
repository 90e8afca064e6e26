// What a person who waits is told: how far a long replay is, and what came of it so far.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>

#include "harness/certainty/controls.h"
#include "harness/session/replay_session.h"
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

// Where a verdict takes many runs, and the first of them was long: that first verdict at once, with
// the time ahead, and a line for each control. Lines of their own, also where nothing is rewritten.
class CertaintyNews {
 public:
  struct Ahead {
    size_t runs = 1;          // of the replay, the first included
    size_t control_runs = 0;  // of each control; 0: there are none
    size_t jobs = 1;          // side by side
  };
  CertaintyNews(std::ostream& err, bool enabled, Ahead ahead)
      : err_(err), enabled_(enabled), ahead_(ahead) {}

  void on_runs(const SessionNews& news);
  void on_control(const std::string& subject_id, const ControlRow& row);
  // A first run below this is over so soon that nobody waits. For tests: 0.
  void tell_from(double seconds) { tell_from_s_ = seconds; }

 private:
  std::ostream& err_;
  const bool enabled_;
  const Ahead ahead_;
  double tell_from_s_ = 5;
  bool telling_ = false;
  bool begun_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace recrank
