// Puts together what observers are told about each step of a replay.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "replay/dialect.h"
#include "replay/engine.h"
#include "replay/judge/replay.h"
#include "replay/telemetry.h"
#include "snapshot/step.h"

namespace recrank {

// begin() before a step, counted() and answered() around a delivery, then end() or died(). Without
// an observer all of it does nothing. Belongs to the thread of the replay.
class StepObservation : private CallHandler {
 public:
  StepObservation(const ReplayRequest& request, const Dialect& dialect, ReplayObserver* observer)
      : request_(request), dialect_(dialect), observer_(observer) {}

  // Another engine process runs: started within a step, whose cost that is, or between two steps.
  void process_started();
  void process_reloaded();
  // `run`: the process that is to do the step; nullptr: none runs yet, or none will.
  void begin(const Step& step, const Run* run);
  // `handler`, with its calls counted. Valid until the next begin().
  [[nodiscard]] CallHandler& counted(CallHandler& handler);
  void answered(const StepOutcome& outcome);
  // The step is done; `run` as in begin().
  void end(const Step& step, const Run* run);
  // The replay ends with this delivery, and the engine may be gone.
  void died(const Step& step, const Run* run);

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<std::string_view> on_call(std::string_view call) override;
  void on_console(std::string_view text) override;
  [[nodiscard]] StepTelemetry telemetry(const Step& step, const Run* run);
  [[nodiscard]] StepCost cost(const Run* run);

  const ReplayRequest& request_;
  const Dialect& dialect_;
  ReplayObserver* observer_;
  bool wants_cost_ = false;
  bool cpu_known_ = false;  // cpu_before_s_ is that of the running process
  double cpu_before_s_ = 0;
  uint64_t processes_ = 0;
  Clock::time_point began_;
  bool delivered_ = false;
  CallHandler* handler_ = nullptr;
  uint64_t step_ = 0;
  uint64_t calls_ = 0;
  std::optional<uint64_t> computrons_;
  std::string meter_;  // a copy: the engine's own buffer may be used again before end()
};

}  // namespace recrank
