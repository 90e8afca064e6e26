// Format: docs/formats/slog.md
#include "snapshot/agoric/slog/slog.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "snapshot/agoric/slog/slog_index.h"
#include "snapshot/agoric/slog/slog_setup.h"
#include "snapshot/agoric/slog/slog_stream.h"
#include "snapshot/agoric/slog/slog_verify.h"

namespace recrank::agoric {
namespace {

std::vector<Checkpoint> checkpoints_of(const SlogVat& vat) {
  std::vector<Checkpoint> checkpoints;
  if (vat.manager == "local") return checkpoints;  // no worker ever begins anywhere
  for (size_t i = 0; i < vat.incarnations.size(); ++i) {
    const uint64_t first = vat.incarnations[i].first_step;
    const bool held = std::any_of(vat.held.begin(), vat.held.end(),
                                  [&](StepRange r) { return r.contains(first); });
    if (!held && vat.next() > 0) continue;  // with no steps at all the beginning is all there is
    if (first < vat.unnumbered_before) continue;
    checkpoints.push_back({.kind = CheckpointKind::kGenesis,
                           .next_step = first,
                           .incarnation = i,
                           .sha256 = {},
                           .available = true});
  }
  for (const SlogSnapshot& snapshot : vat.snapshots) {
    checkpoints.push_back({.kind = CheckpointKind::kHeapSnapshot,
                           .next_step = snapshot.position + 1,
                           .incarnation = vat.incarnation_of(snapshot.position),
                           .sha256 = std::string(snapshot.sha256.begin(), snapshot.sha256.end()),
                           .size_bytes = snapshot.size_bytes,
                           .available = false});
  }
  std::stable_sort(checkpoints.begin(), checkpoints.end(),
                   [](const auto& a, const auto& b) { return a.next_step < b.next_step; });
  return checkpoints;
}

std::string why_not_replayable(const Subject& subject, const SlogVat& vat) {
  if (subject.manager == "local") return "a local worker: the kernel keeps no transcript";
  if (subject.held.empty()) return "the log holds no delivery to it";
  const auto checkpoints = checkpoints_of(vat);
  const bool reachable = std::any_of(checkpoints.begin(), checkpoints.end(),
                                     [](const Checkpoint& c) { return c.available; });
  return reachable ? ""
                   : "the log begins in the middle of its history: no step can be reached without "
                     "a heap snapshot from elsewhere";
}

Subject describe(const SlogVat& vat) {
  Subject subject;
  subject.id = vat.id;
  subject.name = vat.name;
  subject.manager = vat.manager;
  subject.state = vat.state;
  subject.held = vat.held;
  subject.missing = vat.missing;
  subject.unnumbered_before = vat.unnumbered_before;
  subject.incarnations = std::max<uint64_t>(vat.incarnations.size(), 1);
  subject.not_replayable = why_not_replayable(subject, vat);
  return subject;
}

class SlogRecording : public Recording {
 public:
  SlogRecording(UniqueFd fd, std::string shown_path) : fd_(std::move(fd)) {
    file_ = {.fd = fd_.get(), .name = shown_path, .size = file_size(fd_.get(), shown_path)};
    index_ = index_slog(file_);
    info_.kind = "slog";
    info_.stores_hashes = false;
    info_.dialect = index_.dialect;
    info_.path = std::move(shown_path);
    info_.facts = std::move(index_.facts);
    info_.notes = std::move(index_.notes);
    for (const SlogVat& vat : index_.vats) subjects_.push_back(describe(vat));
  }

  const RecordingInfo& info() const override { return info_; }
  const std::vector<Subject>& subjects() const override { return subjects_; }

  const std::vector<RecordedEnd>* ends() const override { return &index_.ends; }

  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    return checkpoints_of(vat(subject_id));
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    const SlogVat& vat = this->vat(subject_id);
    const Subject& subject = subjects_[static_cast<size_t>(&vat - index_.vats.data())];
    if (!range.empty() && !subject.holds(range)) {
      throw Error(ErrorCode::kInvalidData,
                  file_.name + ": " + vat.id + ": steps " + std::to_string(range.begin) + " to " +
                      std::to_string(range.end - 1) + " are not all in the log");
    }
    return open_slog_stream(file_, index_, vat, range);
  }

  Setup setup(const std::string& subject_id, uint64_t step) const override {
    return read_slog_setup(file_, index_, vat(subject_id), step);
  }

  UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint&,
                         SnapshotTrust) const override {
    throw Error(ErrorCode::kUnsupported, file_.name + ": " + vat(subject_id).id +
                                             ": a slog holds only the hashes of heap snapshots");
  }

  HashReport verify(const VerifyScope& scope) const override {
    if (scope.parts == VerifyParts::kHeaps) return {};  // there are none
    if (!scope.subject_id.empty()) static_cast<void>(vat(scope.subject_id));
    return verify_slog(file_, index_, scope);
  }

 private:
  const SlogVat& vat(const std::string& subject_id) const {
    const auto found = std::find_if(index_.vats.begin(), index_.vats.end(),
                                    [&](const SlogVat& v) { return v.id == subject_id; });
    if (found != index_.vats.end()) return *found;
    static_cast<void>(find_subject(*this, subject_id));  // says what there is
    throw Error(ErrorCode::kUsage, info_.path + ": '" + subject_id + "' is a name, not an id");
  }

  UniqueFd fd_;
  SlogFile file_;
  SlogIndex index_;
  RecordingInfo info_;
  std::vector<Subject> subjects_;
};

std::optional<size_t> recognise_slog(const FileHead& head) {
  const auto& lines = head.lines();
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].json.has("time") && !lines[i].json.word("type").empty()) return i;
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 1> kSlogNames{"slog"};

}  // namespace

std::unique_ptr<Recording> open_slog(const std::filesystem::path& path,
                                     const std::string& shown_path) {
  return std::make_unique<SlogRecording>(open_for_read(path), shown_path);
}

const Format kSlogFormat{.name = "slog",
                         .words = "a slog",
                         .accepted = "a slog",
                         .rank = Rank::kLog,
                         .recognise = recognise_slog,
                         .open = open_slog,
                         .name_words = kSlogNames,
                         .tells_beside = true};

}  // namespace recrank::agoric
