#include "harness/certainty/control_changes.h"

#include <algorithm>

#include "base/text.h"

namespace recrank {
namespace {

// Far above what an engine of this kind can use by itself (its heap ends at 2 GiB).
constexpr uint64_t kLiftedMemoryBytes = 24ULL << 30;
constexpr uint64_t kLiftedMeterTimes = 10;

// Steps before the finding in which a meter is read: marks have none.
constexpr uint64_t kMeterSteps = 8;

}  // namespace

std::optional<LiftedLimit> lift_limit(const Verdict& finding, const Limits& limits,
                                      const Dialect& dialect) {
  LiftedLimit lifted{"", limits};
  // Under too little memory an engine may go on with an error that nobody recorded. What is usual
  // is enough only for those that give up far below it.
  const bool short_of_it =
      limits.memory_bytes < Limits{}.memory_bytes || !dialect.bounds_its_memory();
  const bool memory = finding.kind == VerdictKind::kCrashed ||
                      (finding.kind == VerdictKind::kDiverged && short_of_it) ||
                      (finding.limit && (finding.limit->kind == LimitKind::kMemory ||
                                         finding.limit->kind == LimitKind::kStack));
  if (memory) {
    lifted.name = "memory limit of " + format_bytes(limits.memory_bytes);
    lifted.limits.memory_bytes = std::max(kLiftedMemoryBytes, limits.memory_bytes * 4);
    return lifted;
  }
  if (finding.limit && finding.limit->kind == LimitKind::kComputrons) {
    // Not switched off: what loops for ever is to end.
    const std::string& value = finding.limit->value;
    const uint64_t met = parse_uint(value.substr(0, value.find(' '))).value_or(kComputronsDefault);
    lifted.name = "meter limit of " + value;
    lifted.limits.computrons = std::min(kMeterLimitMax, met * kLiftedMeterTimes);
    return lifted;
  }
  return std::nullopt;  // what did not end in time would not end in more of it either
}

std::optional<Setup> without_recorded_parts(const Setup& user, const Setup& recorded) {
  Setup left = user;
  for (const NamedText& each : user.all()) {
    const std::string* const held = recorded.find(each.name);
    if (held != nullptr && *held != each.text) left.drop(each.name);
  }
  if (left.all().size() == user.all().size()) return std::nullopt;
  return left;
}

void CollectionWatch::on_step(const StepTelemetry& step) {
  if (step.step >= step_ || !step.meter.garbage_collections) return;
  const std::lock_guard lock(mutex_);
  by_run_[step.run] = *step.meter.garbage_collections;
}

bool CollectionWatch::wants_cost(uint64_t step) const {
  return step < step_ && step + kMeterSteps >= step_;
}

std::optional<CollectionCounts> CollectionWatch::counts() const {
  const std::lock_guard lock(mutex_);
  if (by_run_.empty()) return std::nullopt;
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(by_run_.begin(), by_run_.end(), less);
  return CollectionCounts{least->second, most->second};
}

}  // namespace recrank
