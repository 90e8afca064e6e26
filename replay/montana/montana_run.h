// One replay of Montana windows in memory.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "replay/engine.h"
#include "replay/montana/montana_clock.h"
#include "replay/montana/montana_rules.h"

namespace recrank::montana {

class MontanaRun : public Run {
 public:
  // Throws kInvalidData for tables that cannot be used, kUnsupported where the clock is to be
  // checked and nothing says how many hashes a window takes.
  MontanaRun(Node node, const StartRequest& request, const Interrupt& interrupt);

  StepOutcome apply(const Step& step, CallHandler& handler) override;
  StepOutcome write_snapshot(std::string& sha256) override;
  StepOutcome write_checkpoint(int file) override;
  // Its memory is what the node holds: it is a part of recrank's own.
  [[nodiscard]] RunCost cost() const override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  StepOutcome close(const Step& step);
  void check_link(const Envelope& envelope) const;
  [[nodiscard]] static Digest checked_bundles_root(const Envelope& envelope);
  [[nodiscard]] bool computes_clock(const Envelope& envelope);
  [[nodiscard]] bool run(Digest& value);
  [[nodiscard]] bool leads(const Digest& from, uint64_t hashes, const Digest& to);
  void doubt_clock(const Envelope& envelope);
  [[nodiscard]] bool must_stop();
  StepOutcome stopped_outcome() const;
  void tell(std::string_view name, const Digest& value);

  Node node_;
  StepRange range_;
  ClockCheck clock_;
  Limits limits_;
  const Interrupt& interrupt_;
  bool first_ = true;          // no window has been closed
  bool clock_proven_ = false;  // D led from one recorded t_r to the next
  double cpu_s_ = 0;
  double cpu_step_begin_s_ = 0;
  Time begin_;
  Time step_begin_;
  std::optional<LimitKind> met_;  // what must_stop() found
  std::vector<NamedFact> facts_;
  std::vector<std::string> values_;
};

}  // namespace recrank::montana
