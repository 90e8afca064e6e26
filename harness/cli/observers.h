// Several observers as one.
#pragma once

#include <vector>

#include "replay/judge/replay.h"

namespace recrank {

// Thread-safe as long as its members are. Owns none of them.
class Observers final : public ReplayObserver {
 public:
  void add(ReplayObserver& observer) { all_.push_back(&observer); }

  void on_step(const StepTelemetry& step) override {
    for (ReplayObserver* each : all_) each->on_step(step);
  }
  void on_last_step(const StepTelemetry& step) override {
    for (ReplayObserver* each : all_) each->on_last_step(step);
  }
  void on_console(const ConsoleLine& line) override {
    for (ReplayObserver* each : all_) each->on_console(line);
  }
  [[nodiscard]] bool wants_cost(uint64_t step) const override {
    for (const ReplayObserver* each : all_) {
      if (each->wants_cost(step)) return true;
    }
    return false;
  }

 private:
  std::vector<ReplayObserver*> all_;
};

}  // namespace recrank
