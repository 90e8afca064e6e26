// A recording that is another one in all but what a class derived from this says otherwise.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/recording.h"

namespace recrank {

// Refers to `base`, which outlives it.
class RecordingDecorator : public Recording {
 public:
  [[nodiscard]] const RecordingInfo& info() const override { return base_.info(); }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return base_.subjects(); }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    return base_.checkpoints(subject_id);
  }
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override {
    return base_.steps(subject_id, range);
  }
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override {
    return base_.setup(subject_id, step);
  }
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override {
    return base_.open_snapshot(subject_id, checkpoint, trust);
  }
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override {
    return base_.verify(scope);
  }
  [[nodiscard]] const std::vector<RecordedEnd>* ends() const override { return base_.ends(); }
  [[nodiscard]] const Claim* claim() const override { return base_.claim(); }
  [[nodiscard]] std::string machine_name(const std::string& subject_id,
                                         std::string_view own) const override {
    return base_.machine_name(subject_id, own);
  }

 protected:
  explicit RecordingDecorator(const Recording& base) : base_(base) {}
  [[nodiscard]] const Recording& base() const { return base_; }

 private:
  const Recording& base_;
};

}  // namespace recrank
