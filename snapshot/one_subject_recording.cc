#include "snapshot/one_subject_recording.h"

#include "base/error.h"

namespace recrank {

std::vector<Checkpoint> OneSubjectRecording::checkpoints(const std::string& subject_id) const {
  check_subject(subject_id);
  return std::vector<Checkpoint>(1);
}

Setup OneSubjectRecording::setup(const std::string& subject_id, uint64_t /*step*/) const {
  check_subject(subject_id);
  return {};
}

UniqueFd OneSubjectRecording::open_snapshot(const std::string& subject_id, const Checkpoint&,
                                            SnapshotTrust) const {
  check_subject(subject_id);
  throw Error(ErrorCode::kUnsupported,
              info_.path + ": a " + info_.kind + " recording holds no snapshots");
}

void OneSubjectRecording::describe(std::string_view format, std::string_view dialect,
                                   const std::string& shown_path, const std::string& name) {
  info_.kind = format;
  info_.dialect = dialect;
  info_.path = shown_path;
  Subject& node = subjects_.front();
  node.id = node.kind = "node";
  node.name = node.manager = name;
}

void OneSubjectRecording::hold(StepRange steps, const std::string& without) {
  Subject& subject = subjects_.front();
  subject.held.clear();
  if (!steps.empty()) subject.held.push_back(steps);
  subject.not_replayable = steps.empty() ? without : "";
}

HashReport OneSubjectRecording::verify(const VerifyScope& scope) const {
  if (!scope.subject_id.empty()) check_subject(scope.subject_id);
  const Subject& subject = subjects_.front();
  const bool reached =
      !scope.range || subject.held.empty() || scope.range->end >= subject.held.back().end;
  HashReport report;
  if (!damage_.empty() && reached && scope.parts != VerifyParts::kHeaps) {
    report.damage.push_back({info_.path, damage_, subject.id});
  }
  return report;
}

void OneSubjectRecording::check_subject(const std::string& id) const {
  if (id == subjects_.front().id) return;
  static_cast<void>(find_subject(*this, id));  // says what there is
  throw Error(ErrorCode::kUsage, info_.path + ": '" + id + "' is a name, not an id");
}

void OneSubjectRecording::check_held(const std::string& id, StepRange range) const {
  check_subject(id);
  if (range.empty() || subjects_.front().holds(range)) return;
  throw Error(ErrorCode::kInvalidData, info_.path + ": steps " + std::to_string(range.begin) +
                                           " to " + std::to_string(range.end - 1) +
                                           " are not all held");
}

}  // namespace recrank
