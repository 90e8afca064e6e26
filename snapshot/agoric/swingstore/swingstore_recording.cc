#include "snapshot/agoric/swingstore/swingstore_recording.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/swingstore/swingstore_setup.h"
#include "snapshot/agoric/swingstore/swingstore_subjects.h"
#include "snapshot/agoric/swingstore/swingstore_verify.h"
#include "snapshot/agoric/transcript_item.h"

namespace recrank::agoric {
namespace {

// Keys that say something about the whole, in the order of the report.
constexpr std::array<const char*, 6> kFactKeys{"crankNumber",
                                               "host.height",
                                               "kernel.defaultManagerType",
                                               "kernel.snapshotInitial",
                                               "kernel.snapshotInterval",
                                               "version"};

class SwingstoreStream : public StepStream {
 public:
  SwingstoreStream(const SwingstoreSource& source, std::string vat_id, StepRange range)
      : reader_(source.open_reader()),
        vat_id_(std::move(vat_id)),
        place_(source.shown_name() + ": " + vat_id_),
        next_(range.begin),
        end_(range.end),
        items_(reader_->items(vat_id_, range)) {}

  bool next(Step& step) override {
    if (next_ == end_) return false;
    step.clear();
    const bool more = items_->next(step.number, step.text);
    if (!more || step.number != next_) {
      throw Error(ErrorCode::kInvalidData,
                  place_ + " step " + std::to_string(next_) + ": the transcript item is missing");
    }
    with_context([&] { return place_ + " step " + std::to_string(next_); },
                 [&] { parse_transcript_item(step); });
    ++next_;
    return true;
  }

 private:
  std::unique_ptr<SwingstoreReader> reader_;
  std::string vat_id_;
  std::string place_;
  uint64_t next_;
  uint64_t end_;
  std::unique_ptr<ItemCursor> items_;  // after reader_, which it uses
};

class SwingstoreRecording : public Recording {
 public:
  SwingstoreRecording(std::unique_ptr<SwingstoreSource> source, RecordingInfo info)
      : source_(std::move(source)), info_(std::move(info)) {
    info_.dialect = kXsnap2024;
    const std::unique_ptr<SwingstoreReader> reader = source_->open_reader();
    for (const char* key : kFactKeys) {
      if (const auto value = reader->kv(key)) info_.facts.emplace_back(key, printable(*value, 100));
    }
    const std::vector<std::string>& notes = source_->index().notes;
    info_.notes.insert(info_.notes.end(), notes.begin(), notes.end());
    subjects_ = find_swingstore_subjects(*source_, *reader, info_.notes);
  }

  const RecordingInfo& info() const override { return info_; }
  const std::vector<Subject>& subjects() const override { return subjects_; }

  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    return find_swingstore_checkpoints(source_->index(), known(subject_id).id);
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    const Subject& subject = known(subject_id);
    if (!range.empty() && !subject.holds(range)) {
      throw Error(ErrorCode::kInvalidData, source_->shown_name() + ": " + subject.id +
                                               ": not all items of steps " +
                                               std::to_string(range.begin) + ".." +
                                               std::to_string(range.end) + " are there");
    }
    if (range.empty()) range.end = range.begin;
    return std::make_unique<SwingstoreStream>(*source_, subject.id, range);
  }

  Setup setup(const std::string& subject_id, uint64_t step) const override {
    const Subject& subject = known(subject_id);
    return with_context([&] { return source_->shown_name() + ": " + subject.id; },
                        [&] {
                          return read_swingstore_setup(source_->index(), *source_->open_reader(),
                                                       subject, step);
                        });
  }

  UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                         SnapshotTrust trust) const override;

  std::string machine_name(const std::string& subject_id, std::string_view own) const override {
    const std::string key = known(subject_id).id + ".c." + std::string(own);
    return source_->open_reader()->kv(key).value_or("");
  }

  HashReport verify(const VerifyScope& scope) const override {
    if (!scope.subject_id.empty()) (void)known(scope.subject_id);
    return verify_swingstore(*source_, subjects_, scope);
  }

 private:
  const Subject& known(const std::string& subject_id) const {
    const auto found = std::find_if(subjects_.begin(), subjects_.end(),
                                    [&](const Subject& s) { return s.id == subject_id; });
    if (found != subjects_.end()) return *found;
    throw Error(ErrorCode::kUsage,
                source_->shown_name() + ": no vat '" + printable(subject_id, 40) + "'");
  }

  std::unique_ptr<SwingstoreSource> source_;
  RecordingInfo info_;
  std::vector<Subject> subjects_;
};

UniqueFd SwingstoreRecording::open_snapshot(const std::string& subject_id,
                                            const Checkpoint& checkpoint,
                                            SnapshotTrust trust) const {
  const std::string& id = known(subject_id).id;
  const auto rows = source_->index().snapshots_of(id);
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const SnapshotRow& r) {
    return r.position + 1 == checkpoint.next_step;
  });
  const std::string place = source_->shown_name() + ": " + id + " " + checkpoint.label();
  if (checkpoint.kind != CheckpointKind::kHeapSnapshot || row == rows.end() || !row->held) {
    throw Error(ErrorCode::kUsage, place + ": no heap snapshot is held there");
  }
  // The descriptor keeps the nameless file alive; the directory goes at once.
  const ScratchDir scratch;
  UniqueFd heap = open_nameless(scratch.path());
  Sha256 hash;
  source_->open_reader()->read_snapshot(*row, [&](std::string_view piece) {
    hash.update(piece);
    write_all(heap.get(), piece, "a copy of " + place);
  });
  const std::string found = hash.finish_hex();
  if (trust == SnapshotTrust::kHash && found != row->hash) {
    throw Error(ErrorCode::kInvalidData,
                place + ": has sha256 " + found + ", recorded " + printable(row->hash, 80));
  }
  if (::lseek(heap.get(), 0, SEEK_SET) != 0) throw_errno("cannot rewind a copy of " + place, errno);
  return heap;
}

}  // namespace

std::unique_ptr<Recording> make_swingstore_recording(std::unique_ptr<SwingstoreSource> source,
                                                     RecordingInfo info) {
  return std::make_unique<SwingstoreRecording>(std::move(source), std::move(info));
}

}  // namespace recrank::agoric
