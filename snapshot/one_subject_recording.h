// What recordings of one subject have in common: a journal of a program, a node's directory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "snapshot/recording.h"

namespace recrank {

// The id of a node, of which a recording holds one.
inline constexpr const char* kNodeSubject = "node";

// A reader derives from it, fills `info_` and `subjects_.front()` in its constructor, and has
// steps() left to write. Without checkpoints of its own it begins at genesis only; without stored
// hashes, verify() tells `damage_`.
class OneSubjectRecording : public Recording {
 public:
  [[nodiscard]] const RecordingInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return subjects_; }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override;
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override;
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override;
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override;

 protected:
  OneSubjectRecording() : subjects_(1) {}
  // Fills `info_`, and the subject as a node of that name.
  void describe(std::string_view format, std::string_view dialect, const std::string& shown_path,
                const std::string& name);
  // The subject holds these steps; with none it cannot be replayed, and `without` says why.
  void hold(StepRange steps, const std::string& without);
  // kUsage for another id than the subject's.
  void check_subject(const std::string& id) const;
  // kInvalidData unless all of `range` is held.
  void check_held(const std::string& id, StepRange range) const;

  RecordingInfo info_;
  std::vector<Subject> subjects_;
  // What stands where the next step should be, behind the last one that is held: the history is cut
  // there, and whatever goes up to it proves nothing of the rest. Empty: nothing does.
  std::string damage_;
};

}  // namespace recrank
