// Format: docs/formats/sst.md
#include "snapshot/agoric/sst.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/sst_index.h"
#include "snapshot/agoric/transcript_item.h"

namespace recrank::agoric {
namespace {

// What the kernel of 2021 passes to every worker as -l: packages/xsnap/src/xsnap.js at
// agorictest-12, DEFAULT_CRANK_METERING_LIMIT.
constexpr uint64_t kMeterLimit2021 = 10'000'000;
constexpr size_t kDamageMax = 1000;

class SstStream : public StepStream {
 public:
  SstStream(const SstFile& file, const SstIndex& index, StepRange range)
      : file_(file),
        index_(index),
        next_(range.begin),
        end_(range.end),
        reader_({.fd = file.fd, .name = file.name, .end = file.size}) {
    const auto behind =
        std::upper_bound(index.marks.begin(), index.marks.end(), next_,
                         [](uint64_t n, const SstIndex::Mark& m) { return n < m.number; });
    if (behind != index.marks.begin()) {
      reader_.seek(std::prev(behind)->place);
      last_ = std::prev(behind)->number - 1;
    }
  }

  bool next(Step& step) override {
    if (next_ == end_) return false;
    step.clear();
    Line line;
    for (;;) {
      if (!reader_.next(line)) {
        throw Error(ErrorCode::kInvalidData,
                    file_.name + ": step " + std::to_string(next_) + " is not there any more");
      }
      if (line.ended && line.text.empty()) continue;
      const SstLine what = read_sst_line(line);
      if (what.kind == SstLine::Kind::kOther) continue;
      // A damaged line stands where a step should, as the index has it.
      last_ = what.kind == SstLine::Kind::kStep ? what.number : last_ + 1;
      if (last_ < next_) continue;
      with_context([&] { return describe(line.place); }, [&] { fill(line, what, step); });
      ++next_;
      return true;
    }
  }

 private:
  std::string describe(LinePlace place) const {
    return to_string(file_.name, place) + ": step " + std::to_string(next_);
  }

  void fill(const Line& line, const SstLine& what, Step& step) const {
    if (what.kind == SstLine::Kind::kDamaged) {
      throw Error(ErrorCode::kInvalidData, line.ended ? "the line is not a step of a transcript"
                                                      : "torn: the file ends within the line");
    }
    if (what.number != next_) {
      throw Error(ErrorCode::kInvalidData,
                  "missing: the line has transcriptNum " + std::to_string(what.number));
    }
    step.text = line.text;
    if (index_.shape == SstShape::kItems) parse_transcript_item(step);
    else parse_entry_2021(step.text, step, index_.responses);
    step.number = next_;
    step.open_end = index_.open_end == next_;
  }

  const SstFile& file_;
  const SstIndex& index_;
  uint64_t next_;
  uint64_t end_;
  uint64_t last_ = 0;  // the number of the line that was read last
  LineReader reader_;
};

// The bundle of the first line: an object, or the text of one as a JSON string.
std::optional<std::string> read_bundle(const SstFile& file, const SstVat& vat) {
  if (!vat.has_bundle) return std::nullopt;
  LineReader reader({.fd = file.fd, .name = file.name, .end = file.size});
  reader.seek(vat.place);
  Line line;
  std::optional<std::string> bundle;
  with_context([&] { return to_string(file.name, vat.place); },
               [&] {
                 if (!reader.next(line)) throw Error(ErrorCode::kInvalidData, "the line is gone");
                 JsonCursor cursor(line.text);
                 cursor.enter_object();
                 while (const auto key = cursor.next_key()) {
                   if (*key != "vatSourceBundle") {
                     cursor.skip_value();
                   } else if (cursor.peek_kind() == '"') {
                     bundle = cursor.string_value();
                     JsonCursor content(*bundle);
                     content.skip_value();
                     content.expect_end();
                   } else {
                     bundle = std::string(cursor.raw_value());
                   }
                 }
               });
  return bundle;
}

class SstRecording : public Recording {
 public:
  SstRecording(UniqueFd fd, std::string shown_path) : fd_(std::move(fd)) {
    file_ = {.fd = fd_.get(), .name = shown_path, .size = file_size(fd_.get(), shown_path)};
    index_ = index_sst(file_);
    info_.kind = "sst";
    info_.dialect = index_.dialect;
    info_.path = std::move(shown_path);
    info_.facts = {{"bytes", std::to_string(file_.size)}, {"lines", std::to_string(index_.lines)}};
    info_.notes = std::move(index_.notes);
    subjects_.push_back(describe());
  }

  const RecordingInfo& info() const override { return info_; }
  const std::vector<Subject>& subjects() const override { return subjects_; }

  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    check_subject(subject_id);
    std::vector<Checkpoint> checkpoints;
    if (begins()) {
      checkpoints.emplace_back();
      checkpoints.back().next_step = 1;
    }
    for (const SstSnapshot& snapshot : index_.snapshots) {
      checkpoints.emplace_back();
      checkpoints.back().kind = CheckpointKind::kHeapSnapshot;
      checkpoints.back().next_step = snapshot.next_step;
      checkpoints.back().sha256 = snapshot.sha256;
      checkpoints.back().available = false;
    }
    return checkpoints;
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    check_subject(subject_id);
    if (!range.empty() && !subjects_.front().holds(range)) {
      throw Error(ErrorCode::kInvalidData, file_.name + ": steps " + std::to_string(range.begin) +
                                               " to " + std::to_string(range.end - 1) +
                                               " are not all in the file");
    }
    return std::make_unique<SstStream>(file_, index_, range);
  }

  Setup setup(const std::string& subject_id, uint64_t) const override {
    check_subject(subject_id);
    const SstVat& vat = index_.vat;
    const bool of_2021 = index_.dialect == kXsnap2021;
    Setup setup;
    setup.label = vat.id + ":" + (vat.name.empty() && of_2021 ? "undefined" : vat.name);
    setup.set(kVatBundle, read_bundle(file_, vat));
    if (!setup.has(kVatBundle)) {
      setup.missing.set(kVatBundle, vat.bundle_id.empty() ? "the bundle of " + vat.id
                                                          : printable(vat.bundle_id, 200));
    }
    if (of_2021) {
      setup.set(kVatParameters, vat.parameters);
      setup.set(kMeterLimit, std::to_string(kMeterLimit2021));
    }
    return setup;
  }

  UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint&,
                         SnapshotTrust) const override {
    check_subject(subject_id);
    throw Error(ErrorCode::kUnsupported,
                file_.name + ": an .sst holds at most the hashes of heap snapshots");
  }

  HashReport verify(const VerifyScope& scope) const override {
    if (scope.parts == VerifyParts::kHeaps) return {};  // there are none
    if (!scope.subject_id.empty()) check_subject(scope.subject_id);
    HashReport report;
    for (StepRange range : index_.held) {
      if (scope.range) {
        range.begin = std::max(range.begin, scope.range->begin);
        range.end = std::min(range.end, scope.range->end);
      }
      if (!range.empty()) check_steps(range, report);
    }
    return report;
  }

 private:
  bool begins() const { return index_.held.empty() || index_.held.front().begin == 1; }

  Subject describe() const {
    Subject subject;
    subject.id = index_.vat.id;
    subject.name = index_.vat.name;
    subject.manager = index_.dialect == kXsnap2021 ? "xs-worker" : "xsnap";
    subject.held = index_.held;
    // The kernel counts from 0 in 2021. Later step 1 is "startVat", which has position 1 as well,
    // behind "initialize-worker"; of a later incarnation the file does not say the position.
    subject.number_offset = index_.dialect == kXsnap2021 ? 1 : 0;
    if (index_.held.empty()) subject.not_replayable = "the file holds no step";
    else if (!begins()) subject.not_replayable = "the beginning of the transcript is missing";
    return subject;
  }

  void check_subject(const std::string& id) const {
    if (id == index_.vat.id) return;
    static_cast<void>(find_subject(*this, id));  // says what there is
    throw Error(ErrorCode::kUsage, info_.path + ": '" + id + "' is a name, not an id");
  }

  void check_steps(StepRange range, HashReport& report) const {
    Step step;
    while (!range.empty() && report.damage.size() < kDamageMax) {
      SstStream stream(file_, index_, range);
      try {
        for (; stream.next(step); ++range.begin) {
        }
        return;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInvalidData) throw;
        report.damage.push_back(
            {file_.name + ": step " + std::to_string(range.begin), error.what(), index_.vat.id});
        ++range.begin;  // the steps behind it may be sound
      }
    }
  }

  UniqueFd fd_;
  SstFile file_;
  SstIndex index_;
  RecordingInfo info_;
  std::vector<Subject> subjects_;
};

std::optional<size_t> recognise_sst(const FileHead& head) {
  const bool begins =
      !head.lines().empty() && head.lines().front().json.word("type") == "create-vat";
  return begins ? std::optional<size_t>(0) : std::nullopt;
}

constexpr std::array<std::string_view, 1> kSstNames{"sst"};

}  // namespace

std::unique_ptr<Recording> open_sst(const std::filesystem::path& path,
                                    const std::string& shown_path) {
  return std::make_unique<SstRecording>(open_for_read(path), shown_path);
}

const Format kSstFormat{.name = "sst",
                        .words = "an .sst",
                        .accepted = "an .sst",
                        .rank = Rank::kLog,
                        .recognise = recognise_sst,
                        .open = open_sst,
                        .name_words = kSstNames};

}  // namespace recrank::agoric
