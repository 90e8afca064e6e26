// A Recording in memory: steps that were taken from another one, in a selection of their own, with
// what an engine did with them as their expectations. Written with write_capsule().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "snapshot/made_step.h"
#include "snapshot/recording.h"

namespace recrank {

// One subject, one incarnation, one checkpoint; steps numbered from 0. Refers to `source` for the
// heap of its checkpoint.
class MadeRecording final : public Recording {
 public:
  // `checkpoint` is one of `source`; the steps follow it. `setup` is what its fresh worker is told.
  MadeRecording(const Recording& source, const Subject& subject, Checkpoint checkpoint, Setup setup,
                std::vector<MadeStep> steps);

  [[nodiscard]] const std::vector<MadeStep>& made_steps() const { return steps_; }

  [[nodiscard]] const RecordingInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return subjects_; }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override;
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override;
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override;
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override;
  // Holds no hash of its own; a heap is checked by open_snapshot.
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override;

 private:
  const Recording& source_;
  Checkpoint source_checkpoint_;
  RecordingInfo info_;
  std::vector<Subject> subjects_;
  Checkpoint checkpoint_;
  Setup setup_;
  std::vector<MadeStep> steps_;
};

}  // namespace recrank
