#include "snapshot/open/open_recording.h"

#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"
#include "snapshot/agoric/slog/slog.h"
#include "snapshot/agoric/sst.h"
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "snapshot/capsule/capsule.h"
#include "snapshot/journal/app_journal.h"
#include "snapshot/journal/journal.h"
#include "snapshot/montana/montana.h"
#include "snapshot/open/recognise.h"
#include "snapshot/open/unpack.h"
#include "snapshot/recorded_end.h"
#include "snapshot/redis/redis_aof.h"
#include "snapshot/stellar/height_log.h"
#include "snapshot/stellar/henyey_db.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// A packed file inside a packed file inside …: real evidence needs two.
constexpr size_t kUnpackMax = 4;

// A recording out of an archive or a directory: says where it was found, and keeps the scratch
// directories as long as the recording reads from them.
class FoundRecording : public Recording, public TellsEnds {
 public:
  FoundRecording(std::vector<ScratchDir> scratch, std::unique_ptr<Recording> inner,
                 std::string path, std::string evidence)
      : scratch_(std::move(scratch)), inner_(std::move(inner)), info_(inner_->info()) {
    info_.path = std::move(path);
    info_.evidence = std::move(evidence);
  }

  [[nodiscard]] const RecordingInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return inner_->subjects(); }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    return inner_->checkpoints(subject_id);
  }
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override {
    return inner_->steps(subject_id, range);
  }
  [[nodiscard]] VatSetup vat_setup(const std::string& subject_id, uint64_t step) const override {
    return inner_->vat_setup(subject_id, step);
  }
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override {
    return inner_->open_snapshot(subject_id, checkpoint, trust);
  }
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override {
    return inner_->verify(scope);
  }
  [[nodiscard]] const std::vector<RecordedEnd>* ends() const override {
    return recorded_ends(*inner_);
  }

 private:
  std::vector<ScratchDir> scratch_;  // outlives inner_
  std::unique_ptr<Recording> inner_;
  RecordingInfo info_;
};

std::unique_ptr<Recording> open_kind(RecordingKind kind, const fs::path& path,
                                     const std::string& shown) {
  switch (kind) {
    case RecordingKind::kKerneldbLmdb: return open_kerneldb_lmdb(path, shown);
    case RecordingKind::kSwingstoreSqlite: return open_swingstore_sqlite(path, shown);
    case RecordingKind::kSwingstoreExport: return open_swingstore_export(path, shown);
    case RecordingKind::kSlog: return open_slog(path, shown);
    case RecordingKind::kSst: return open_sst(path, shown);
    case RecordingKind::kCapsule: return open_capsule(path, shown);
    case RecordingKind::kJournal: return open_journal(path, shown);
    case RecordingKind::kAppJournal: return open_app_journal(path, shown);
    case RecordingKind::kHenyeyDb: return open_henyey_db(path, shown);
    case RecordingKind::kHeightLog: return open_height_log(path, shown);
    case RecordingKind::kMontana: return open_montana(path, shown);
    case RecordingKind::kRedis: return open_redis_aof(path, shown);
  }
  throw Error(ErrorCode::kUnsupported,
              shown + ": recordings of kind " + std::string(to_string(kind)) + " cannot be read");
}

// Follows a path through directories and packed files to the recording.
class Opening {
 public:
  explicit Opening(const fs::path& path) : given_(path.string()), path_(path), shown_(given_) {}

  Evidence run() {
    std::optional<RecordingKind> kind;
    while (!kind) kind = is_directory() ? enter_directory() : enter_file();
    RECRANK_LOG(kInfo, "open", "recording", {"kind", to_string(*kind)}, {"path", path_});
    auto recording = open_kind(*kind, path_, shown_);
    if (!scratch_.empty() || shown_ != given_) {
      recording = std::make_unique<FoundRecording>(std::move(scratch_), std::move(recording),
                                                   given_, evidence_);
    }
    return {std::move(recording), std::move(companions_)};
  }

 private:
  [[nodiscard]] bool is_directory() const {
    std::error_code error;
    const fs::file_status status = fs::status(path_, error);
    if (!fs::exists(status)) {
      if (!error) error = std::make_error_code(std::errc::no_such_file_or_directory);
      throw Error(ErrorCode::kIo, "cannot open " + shown_ + ": " + error.message());
    }
    return fs::is_directory(status);
  }

  // Each of both gives the kind once path_ is what its reader wants.
  std::optional<RecordingKind> enter_directory() {
    const auto [found, logs] = find_recordings(path_, shown_);
    for (const Found& log : logs) {
      const std::string name = log.path.lexically_relative(path_).string();
      companions_.push_back({log.path, evidence_.empty() ? name : evidence_ + "/" + name});
    }
    const fs::path relative = found.path.lexically_relative(path_);
    if (relative != "." && !relative.empty()) {
      const bool in_archive = !scratch_.empty() && path_ == scratch_.back().path();
      shown_ += (in_archive ? ":" : "/") + printable(relative.string(), 1000);
      evidence_ += (evidence_.empty() ? "" : "/") + relative.string();
    }
    path_ = found.path;
    return found.packed ? std::nullopt : found.kind;
  }

  std::optional<RecordingKind> enter_file() {
    const FileForm form = recognise_file(path_);
    if (form == FileForm::kCompressed || form == FileForm::kArchive) {
      if (scratch_.size() == kUnpackMax) {
        throw Error(ErrorCode::kInvalidData,
                    shown_ + ": packed more than " + std::to_string(kUnpackMax) + " times");
      }
      Unpacked unpacked = unpack(path_, shown_);
      RECRANK_LOG(kInfo, "open", "unpacked", {"path", path_}, {"to", unpacked.path});
      path_ = unpacked.path;
      scratch_.push_back(std::move(unpacked.scratch));
      return std::nullopt;
    }
    const auto kind = kind_of(form);
    if (!kind) fail_unknown(form);
    if (is_a_directory(*kind)) path_ = path_.parent_path();
    if (path_.empty()) path_ = ".";
    return kind;
  }

  [[noreturn]] void fail_unknown(FileForm form) const {
    throw Error(ErrorCode::kInvalidData, shown_ + ": not a recording but " +
                                             std::string(to_string(form)) + "; " + kAcceptedText);
  }

  std::string given_;
  fs::path path_;
  std::string shown_;
  std::string evidence_;
  std::vector<ScratchDir> scratch_;
  std::vector<Companion> companions_;
};

}  // namespace

Evidence open_evidence(const fs::path& path) { return Opening(path).run(); }

std::unique_ptr<Recording> open_recording(const fs::path& path) {
  return open_evidence(path).recording;
}

}  // namespace recrank
