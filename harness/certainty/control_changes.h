// What a control changes in a replay, and what is watched while it runs.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "harness/certainty/controls.h"
#include "replay/dialect.h"
#include "replay/judge/replay.h"
#include "replay/limits.h"
#include "replay/verdict.h"
#include "snapshot/recording.h"

namespace recrank {

// The limit that a finding may be the work of, and the same without it.
struct LiftedLimit {
  std::string name;
  Limits limits;
};
[[nodiscard]] std::optional<LiftedLimit> lift_limit(const Verdict& finding, const Limits& limits,
                                                    const Dialect& dialect);

// The user's texts without those of engines and vats that the recording holds as well: it then
// counts. nullopt: there are none such.
[[nodiscard]] std::optional<Setup> without_recorded_parts(const Setup& user, const Setup& recorded);

// How often engines had collected garbage before a step, as their meters say. Thread-safe.
class CollectionWatch final : public ReplayObserver {
 public:
  explicit CollectionWatch(uint64_t step) : step_(step) {}
  void on_step(const StepTelemetry& step) override;
  [[nodiscard]] bool wants_cost(uint64_t step) const override;

  // nullopt: no engine told.
  [[nodiscard]] std::optional<CollectionCounts> counts() const;

 private:
  const uint64_t step_;
  mutable std::mutex mutex_;
  std::map<uint64_t, uint64_t> by_run_;
};

}  // namespace recrank
