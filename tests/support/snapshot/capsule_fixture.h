// A recording with heaps and several incarnations, and the capsule of it.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/capsule/capsule_writer.h"
#include "snapshot/recording.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {

// A FakeRecording whose heaps are bytes: those of heap_of(next_step), under their true sha256
// unless told otherwise.
class HeapRecording final : public Recording {
 public:
  explicit HeapRecording(std::string_view era = agoric::kXsnap2024);

  FakeRecording& fake() { return fake_; }
  // A heap snapshot of v1 before `next_step`, of `bytes` bytes.
  void heap(uint64_t next_step, size_t bytes, const std::string& promised_sha256 = "");
  [[nodiscard]] static std::string heap_of(uint64_t next_step, size_t bytes);
  // The same for the packed tables of a node.
  void tables(uint64_t next_step, size_t bytes, const std::string& promised_sha256 = "");
  // A state that has no bytes in the recording.
  void own(uint64_t next_step);
  // The setup of the incarnation that begins with `step`.
  void later_setup(uint64_t step, recrank::Setup setup) { later_[step] = std::move(setup); }

  [[nodiscard]] const RecordingInfo& info() const override { return fake_.info(); }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return fake_.subjects(); }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override;
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override {
    return fake_.steps(subject_id, range);
  }
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override;
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override;
  [[nodiscard]] HashReport verify(const VerifyScope&) const override { return {}; }

 private:
  void add(CheckpointKind kind, uint64_t next_step, size_t bytes, const std::string& promised);

  FakeRecording fake_;
  std::map<uint64_t, std::string> heaps_;
  std::vector<Checkpoint> checkpoints_;
  std::map<uint64_t, Setup> later_;
};

// v1 becomes a node of that era: nothing is told to its engine, it begins with packed tables before
// step 0, and its steps hold all that a node's can, with texts that are not UTF-8, hold NUL, or are
// empty.
void make_node(HeapRecording& recording);

// Every kind of step, with texts that are not UTF-8, hold NUL, or are empty.
void add_odd_steps(FakeRecording& fake);

// v1 from its genesis, all steps; the setup of the recording.
[[nodiscard]] CapsuleRequest whole_of(const Recording& recording);

// All that a Recording says about v1, as text: equal texts, equal recordings. Path and facts apart.
[[nodiscard]] std::string all_of(const Recording& recording);

// The Error that `body` throws; fails the test when it throws none.
template <typename Body>
Error error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kIo, "(no error)");
}

}  // namespace recrank
