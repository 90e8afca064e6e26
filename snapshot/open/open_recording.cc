#include "snapshot/open/open_recording.h"

#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "snapshot/open/recognise.h"
#include "snapshot/open/unpack.h"
#include "snapshot/recording_decorator.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// A packed file inside a packed file inside …: real evidence needs two.
constexpr size_t kUnpackMax = 4;

// A recording out of an archive or a directory: says where it was found, and keeps the scratch
// directories as long as the recording reads from them.
class FoundRecording : public RecordingDecorator {
 public:
  FoundRecording(std::vector<ScratchDir> scratch, std::unique_ptr<Recording> inner,
                 std::string path, std::string evidence)
      : RecordingDecorator(*inner),
        scratch_(std::move(scratch)),
        inner_(std::move(inner)),
        info_(inner_->info()) {
    info_.path = std::move(path);
    info_.evidence = std::move(evidence);
  }

  [[nodiscard]] const RecordingInfo& info() const override { return info_; }

 private:
  std::vector<ScratchDir> scratch_;  // outlives inner_
  std::unique_ptr<Recording> inner_;
  RecordingInfo info_;
};

// Follows a path through directories and packed files to the recording.
class Opening {
 public:
  explicit Opening(const fs::path& path) : given_(path.string()), path_(path), shown_(given_) {}

  Evidence run() {
    const Format* format = nullptr;
    while (format == nullptr) format = is_directory() ? enter_directory() : enter_file();
    RECRANK_LOG(kInfo, "open", "recording", {"kind", format->name}, {"path", path_});
    auto recording = format->open(path_, shown_);
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

  // Each of both gives the format once path_ is what its reader wants.
  const Format* enter_directory() {
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
    return found.packed ? nullptr : found.format;
  }

  const Format* enter_file() {
    const Recognised seen = recognise_file(path_);
    if (seen.wrapping != Wrapping::kPlain) {
      if (scratch_.size() == kUnpackMax) {
        throw Error(ErrorCode::kInvalidData,
                    shown_ + ": packed more than " + std::to_string(kUnpackMax) + " times");
      }
      Unpacked unpacked = unpack(path_, shown_);
      RECRANK_LOG(kInfo, "open", "unpacked", {"path", path_}, {"to", unpacked.path});
      path_ = unpacked.path;
      scratch_.push_back(std::move(unpacked.scratch));
      return nullptr;
    }
    if (seen.format == nullptr) {
      throw Error(
          ErrorCode::kInvalidData,
          shown_ + ": not a recording but " + std::string(words_of(seen)) + "; " + accepted_text());
    }
    if (seen.format->shape != Shape::kFile) path_ = path_.parent_path();
    if (path_.empty()) path_ = ".";
    return seen.format;
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
