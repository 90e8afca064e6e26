// Format: docs/formats/swingset-2024.md ("Export").
#include "snapshot/agoric/swingstore/swingstore_export.h"

#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "snapshot/agoric/swingstore/export_index.h"
#include "snapshot/agoric/swingstore/swingstore_incarnations.h"
#include "snapshot/agoric/swingstore/swingstore_recording.h"
#include "snapshot/io/line_reader.h"

namespace recrank::agoric {
namespace {

// Far above any real bundle (1.2 MB), far below what would hurt.
constexpr size_t kBundleBytesMax = size_t{512} << 20;

// A worker refuses a command above this (fscanf "%9lu" in xsnap-worker.c), so no item is longer.
constexpr size_t kItemBytesMax = 999'999'999;

// One transcript artifact, line by line.
class ArtifactLines {
 public:
  ArtifactLines(const std::filesystem::path& path, const std::string& shown)
      : fd_(open_for_read(path)),
        lines_({.fd = fd_.get(),
                .name = shown,
                .end = file_size(fd_.get(), shown),
                .chunk_bytes = size_t{1} << 16,
                .line_bytes_max = kItemBytesMax}) {}

  bool next(std::string& text) {
    Line line;
    if (!lines_.next(line)) return false;
    if (line.overlong || !line.ended) {
      throw Error(ErrorCode::kInvalidData,
                  line.overlong ? "an item is too long" : "the last item is cut off");
    }
    text.assign(line.text);
    return true;
  }

 private:
  UniqueFd fd_;
  LineReader lines_;
};

// The items of a range, artifact by artifact.
class ExportItemCursor : public ItemCursor {
 public:
  ExportItemCursor(const ExportIndex& index, const std::string& shown_name,
                   const std::string& vat_id, StepRange range)
      : index_(index), shown_name_(shown_name), range_(range) {
    for (const SpanRow& span : index.store.spans_of(vat_id)) {
      const bool touched = span.items.begin < range.end && range.begin < span.items.end;
      if (touched && span.held) spans_.push_back(&span);
    }
  }

  bool next(uint64_t& position, std::string& text) override {
    while (span_at_ < spans_.size()) {
      const SpanRow& span = *spans_[span_at_];
      const std::string name = transcript_artifact(span);
      const bool found = with_context([&] { return shown_name_ + "/" + name; },
                                      [&] { return next_in(span, name, position, text); });
      if (found) return true;
      artifact_.reset();
      ++span_at_;
    }
    return false;
  }

 private:
  bool next_in(const SpanRow& span, const std::string& name, uint64_t& position,
               std::string& text) {
    if (!artifact_) {
      artifact_.emplace(index_.artifacts.at(name), shown_name_ + "/" + name);
      at_ = span.items.begin;
    }
    while (at_ < span.items.end && at_ < range_.end) {
      if (!artifact_->next(text)) return false;
      position = at_++;
      if (position >= range_.begin) return true;
    }
    if (at_ == span.items.end && artifact_->next(text)) {
      throw Error(ErrorCode::kInvalidData, "holds more items than its name says");
    }
    return false;
  }

  const ExportIndex& index_;
  const std::string& shown_name_;
  StepRange range_;
  std::vector<const SpanRow*> spans_;
  size_t span_at_ = 0;
  std::optional<ArtifactLines> artifact_;
  uint64_t at_ = 0;  // position of the next line
};

class ExportReader : public SwingstoreReader {
 public:
  ExportReader(const ExportIndex& index, const std::string& shown_name)
      : index_(index), shown_name_(shown_name) {}

  std::optional<std::string> kv(const std::string& key) override {
    const auto found = index_.kv.find(key);
    return found == index_.kv.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<std::string> bundle(const std::string& id) override {
    const auto artifact = index_.artifacts.find("bundle." + id);
    if (artifact == index_.artifacts.end()) return std::nullopt;
    return read_small_file(artifact->second, kBundleBytesMax);
  }

  std::unique_ptr<ItemCursor> items(const std::string& vat_id, StepRange range) override {
    return std::make_unique<ExportItemCursor>(index_, shown_name_, vat_id, range);
  }

  void read_snapshot(const SnapshotRow& snapshot, const ByteSink& sink) override {
    const std::string name = snapshot_artifact(snapshot);
    const UniqueFd fd = open_for_read(index_.artifacts.at(name));
    std::array<char, 1 << 16> piece{};
    while (const size_t got =
               read_some(fd.get(), piece.data(), piece.size(), shown_name_ + "/" + name)) {
      sink({piece.data(), got});
    }
  }

 private:
  const ExportIndex& index_;
  const std::string& shown_name_;
};

class ExportSource : public SwingstoreSource {
 public:
  ExportSource(ExportIndex index, std::string shown_name)
      : index_(std::move(index)), shown_name_(std::move(shown_name)) {
    mark_incarnations(index_.store, *open_reader());
  }

  const SwingstoreIndex& index() const override { return index_.store; }
  const std::string& shown_name() const override { return shown_name_; }
  std::unique_ptr<SwingstoreReader> open_reader() const override {
    return std::make_unique<ExportReader>(index_, shown_name_);
  }

 private:
  ExportIndex index_;
  std::string shown_name_;
};

std::optional<size_t> recognise_export(const FileHead& head) {
  const JsonTop top = json_top(head.bytes());
  const bool manifest = (top.has("artifacts") || top.has("artifactMode")) && !top.has("time");
  return manifest ? std::optional<size_t>(0) : std::nullopt;
}

Part export_companion(const std::filesystem::path& name) {
  const std::string file = name.filename().string();
  constexpr std::array<std::string_view, 3> kArtifacts{"snapshot.", "transcript.", "bundle."};
  const bool artifact =
      std::any_of(kArtifacts.begin(), kArtifacts.end(),
                  [&](std::string_view start) { return file.starts_with(start); });
  return artifact || file.ends_with("export-data.jsonl") ? Part::kYes : Part::kNo;
}

}  // namespace

std::unique_ptr<Recording> open_swingstore_export(const std::filesystem::path& directory,
                                                  const std::string& shown_path) {
  RecordingInfo info;
  info.kind = "swingstore-export";
  info.path = shown_path;
  ExportIndex index = read_export_index(directory, shown_path);
  info.facts = index.facts;
  return make_swingstore_recording(std::make_unique<ExportSource>(std::move(index), shown_path),
                                   std::move(info));
}

const Format kSwingstoreExportFormat{.name = "swingstore-export",
                                     .words = "a swing-store export",
                                     .accepted = "a swing-store export",
                                     .rank = Rank::kState,
                                     .shape = Shape::kFileOfDirectory,
                                     .recognise = recognise_export,
                                     .open = open_swingstore_export,
                                     .companion = export_companion,
                                     .file_name = "export-manifest.json"};

}  // namespace recrank::agoric
