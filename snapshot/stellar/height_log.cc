// Format: docs/formats/height-log.md
#include "snapshot/stellar/height_log.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/one_subject_recording.h"
#include "snapshot/stellar/height_log_line.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

constexpr size_t kNotesMax = 40;
constexpr size_t kNoteBytes = 500;
constexpr size_t kChunkBytes = size_t{256} << 10;
// A log line is short; one that is not is no line of a ledger.
constexpr size_t kLogLineBytesMax = size_t{1} << 20;

struct LogFile {
  int fd = -1;
  std::string name;
  uint64_t end = 0;
};

struct ClosedLedger {
  uint64_t seq = 0;
  LinePlace place;
  uint64_t hash_begin = 0;  // the first 16 digits: enough to see that two differ
};

struct LogIndex {
  std::vector<ClosedLedger> ledgers;
  uint64_t lines = 0;
  uint64_t starts = 0;
  uint64_t unreadable = 0;
  std::string node_name;
  std::string network;  // its passphrase, where it is told
  std::vector<std::string> notes;
  uint64_t notes_left_out = 0;

  void note(const std::string& text) {
    if (notes.size() < kNotesMax) notes.push_back(text);
    else ++notes_left_out;
  }
};

LineReader reader_of(const LogFile& file) {
  return LineReader({.fd = file.fd,
                     .name = file.name,
                     .end = file.end,
                     .chunk_bytes = kChunkBytes,
                     .line_bytes_max = kLogLineBytesMax});
}

uint64_t hash_begin(const LedgerFacts& facts) {
  for (const auto& [name, value] : facts) {
    if (name == kLedgerHash) return std::stoull(value.substr(0, 16), nullptr, 16);
  }
  return 0;
}

void take_line(const LogFile& file, const Line& line, LogIndex& index) {
  const HeightLine read = read_height_line(line.text);
  switch (read.kind) {
    case HeightLineKind::kClosed:
      index.ledgers.push_back({read.seq, line.place, hash_begin(read.facts)});
      break;
    case HeightLineKind::kStart:
      ++index.starts;
      if (!read.node_name.empty()) index.node_name = printable(read.node_name, 60);
      if (!read.network.empty()) index.network = read.network;
      break;
    case HeightLineKind::kTrouble:
      index.note(to_string(file.name, line.place) + ": " + printable(read.words, kNoteBytes));
      break;
    case HeightLineKind::kOther: break;
  }
}

// In the order of their numbers, of each the last one that was closed.
void keep_last(const LogFile& file, LogIndex& index) {
  auto& all = index.ledgers;
  std::stable_sort(all.begin(), all.end(),
                   [](const ClosedLedger& a, const ClosedLedger& b) { return a.seq < b.seq; });
  std::vector<ClosedLedger> kept;
  uint64_t again = 0;
  for (const ClosedLedger& each : all) {
    if (kept.empty() || kept.back().seq != each.seq) {
      kept.push_back(each);
      continue;
    }
    ++again;
    if (kept.back().hash_begin != each.hash_begin) {
      index.note(file.name + ": ledger " + std::to_string(each.seq) +
                 " was closed twice with different hashes, in lines " +
                 std::to_string(kept.back().place.line) + " and " +
                 std::to_string(each.place.line) + "; the later one counts");
    }
    kept.back() = each;
  }
  if (again > 0) {
    index.note(file.name + ": " + format_count(again) +
               (again == 1 ? " ledger was" : " ledgers were") +
               " closed again, as after a restart; the last time counts");
  }
  all = std::move(kept);
}

LogIndex index_log(const LogFile& file) {
  LogIndex index;
  LineReader reader = reader_of(file);
  Line line;
  while (reader.next(line)) {
    ++index.lines;
    if (!line.ended) {
      index.note(to_string(file.name, line.place) + ": the last line is torn (" +
                 format_count(file.end - line.place.offset) + " bytes); it counts for nothing");
      break;
    }
    if (line.overlong) continue;
    try {
      take_line(file, line, index);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      ++index.unreadable;
      index.note(to_string(file.name, line.place) + ": " + error.what() +
                 "; it counts for nothing");
    }
  }
  keep_last(file, index);
  if (index.notes_left_out > 0) {
    index.notes.push_back(format_count(index.notes_left_out) + " more such lines");
  }
  return index;
}

class HeightLogStream : public StepStream {
 public:
  HeightLogStream(const LogFile& file, std::vector<ClosedLedger>::const_iterator begin,
                  StepRange range)
      : file_(file), at_(begin), range_(range), reader_(reader_of(file)) {}

  bool next(Step& step) override {
    if (range_.empty()) return false;
    const LinePlace place = at_->place;
    with_context([&] { return to_string(file_.name, place); },
                 [&] {
                   const HeightLine line = read_at(place);
                   if (line.kind != HeightLineKind::kClosed || line.seq != range_.begin) {
                     throw Error(ErrorCode::kInvalidData, "the line of ledger " +
                                                              std::to_string(range_.begin) +
                                                              " is not there any more");
                   }
                   put_ledger(step, line.seq, line.facts);
                 });
    ++range_.begin;
    ++at_;
    return true;
  }

 private:
  // Reads on where the line is near, since a seek reads a whole chunk anew.
  HeightLine read_at(LinePlace place) {
    const uint64_t here = reader_.place().offset;
    if (place.offset < here || place.offset - here > kChunkBytes) reader_.seek(place);
    Line line;
    while (reader_.next(line)) {
      if (line.place.offset < place.offset) continue;
      return line.place.offset == place.offset ? read_height_line(line.text) : HeightLine();
    }
    return {};
  }

  const LogFile& file_;
  std::vector<ClosedLedger>::const_iterator at_;
  StepRange range_;
  LineReader reader_;
};

class HeightLog : public OneSubjectRecording {
 public:
  HeightLog(UniqueFd fd, std::string shown) : fd_(std::move(fd)) {
    file_ = {fd_.get(), shown, file_size(fd_.get(), shown)};
    index_ = index_log(file_);
    info_.kind = "height-log";
    info_.dialect = kHenyeyDialect;
    info_.path = std::move(shown);
    info_.facts = {{"bytes", std::to_string(file_.end)},
                   {"lines", std::to_string(index_.lines)},
                   {"starts", std::to_string(index_.starts)}};
    info_.notes = std::move(index_.notes);
    describe_node();
  }

  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    check_subject(subject_id);
    return ledger_checkpoints(subjects_.front().held, archive_checkpoint_ledgers(index_.network));
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    check_held(subject_id, range);
    const auto begin =
        std::lower_bound(index_.ledgers.begin(), index_.ledgers.end(), range.begin,
                         [](const ClosedLedger& ledger, uint64_t seq) { return ledger.seq < seq; });
    return std::make_unique<HeightLogStream>(file_, begin, range);
  }

 private:
  void describe_node() {
    Subject& subject = subjects_.front();
    subject.id = kNodeSubject;
    subject.name = index_.node_name;
    subject.kind = "node";
    subject.manager = "henyey";
    for (const ClosedLedger& each : index_.ledgers) {
      const bool goes_on = !subject.held.empty() && subject.held.back().end == each.seq;
      if (goes_on) ++subject.held.back().end;
      else subject.held.push_back({each.seq, each.seq + 1});
    }
    if (subject.held.empty()) subject.not_replayable = "the log tells of no closed ledger";
  }

  UniqueFd fd_;
  LogFile file_;
  LogIndex index_;
};

std::optional<size_t> recognise_height_log(const FileHead& head) {
  const auto& lines = head.lines();
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_height_log_line(lines[i].text)) return i;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Recording> open_height_log(const std::filesystem::path& path,
                                           const std::string& shown_path) {
  return std::make_unique<HeightLog>(open_for_read(path), shown_path);
}

const Format kHeightLogFormat{.name = "height-log",
                              .words = "the log of a node",
                              .accepted = "the log of a Stellar node",
                              .rank = Rank::kLog,
                              .recognise = recognise_height_log,
                              .open = open_height_log};

}  // namespace recrank::stellar
