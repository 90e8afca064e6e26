// Format: docs/formats/journal.md
#include "snapshot/journal/journal.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/journal/journal_calls.h"
#include "snapshot/journal/journal_line.h"
#include "snapshot/one_subject_recording.h"

namespace recrank::program {
namespace {

constexpr uint64_t kMarkEvery = 64;
constexpr size_t kDamageMax = 1000;

struct JournalFile {
  int fd = -1;
  std::string name;
  uint64_t end = 0;  // behind its last whole line
};

// What one reading pass leaves behind.
struct JournalIndex {
  JournalForm form = JournalForm::kBare;
  JournalHeader header;
  std::string header_line;
  uint64_t events = 0;
  uint64_t answers = 0;
  bool has_calls = false;
  std::vector<LinePlace> marks;  // of every kMarkEvery-th event
  std::vector<std::string> notes;
};

JournalEvent read_event(const Line& line, JournalForm form) {
  if (line.overlong) {
    throw Error(ErrorCode::kInvalidData, "the line is longer than " + format_bytes(kLineBytesMax));
  }
  return read_journal_line(line.text, form);
}

bool says_http(const JournalHeader& header) {
  return std::any_of(header.facts.begin(), header.facts.end(), [](const auto& fact) {
    return fact.first == "transport" && fact.second == "http";
  });
}

// nullopt: damaged.
std::optional<JournalEvent> try_event(const Line& line, JournalForm form) {
  try {
    return read_event(line, form);
  } catch (const Error&) {
    return std::nullopt;  // told when the step is asked for
  }
}

// Sets the end of `file` before a torn last line.
JournalIndex index_journal(JournalFile& file) {
  JournalIndex index;
  LineReader reader({.fd = file.fd, .name = file.name, .end = file.end});
  Line line;
  for (bool first = true; reader.next(line); first = false) {
    if (first && !line.overlong && is_journal_header(line.text)) {
      index.form = JournalForm::kHeader;
      index.header_line = line.text;
      index.header = with_context([&] { return to_string(file.name, line.place); },
                                  [&] { return read_journal_header(line.text); });
      continue;
    }
    if (line.text.empty() && !line.overlong) continue;
    const std::optional<JournalEvent> event = try_event(line, index.form);
    if (!event && !line.ended) {
      index.notes.push_back(to_string(file.name, line.place) + ": the last line is torn (" +
                            format_count(file.end - line.place.offset) +
                            " bytes); it counts for nothing");
      file.end = line.place.offset;
      break;
    }
    if (index.events % kMarkEvery == 0) index.marks.push_back(line.place);
    ++index.events;
    if (event && !event->answer.empty()) ++index.answers;
    if (event && !event->calls.empty()) index.has_calls = true;
  }
  return index;
}

class JournalStream : public StepStream {
 public:
  JournalStream(const JournalFile& file, const JournalIndex& index, StepRange range)
      : file_(file),
        form_(index.form),
        next_(range.begin),
        end_(range.end),
        reader_({.fd = file.fd, .name = file.name, .end = file.end}) {
    if (range.empty()) return;
    const uint64_t mark = range.begin / kMarkEvery;
    reader_.seek(index.marks.at(mark));
    Line line;
    for (uint64_t at = mark * kMarkEvery; at < range.begin; ++at) take(line, at);
  }

  bool next(Step& step) override {
    if (next_ >= end_) return false;
    step.clear();
    Line line;
    take(line, next_);
    with_context(
        [&] { return to_string(file_.name, line.place) + ": step " + std::to_string(next_); },
        [&] { fill(line, step); });
    step.number = next_++;
    return true;
  }

 private:
  // The line of the event with that number.
  void take(Line& line, uint64_t number) {
    do {
      if (!reader_.next(line)) {
        throw Error(ErrorCode::kInvalidData,
                    file_.name + ": step " + std::to_string(number) + " is not there any more");
      }
    } while (line.text.empty() && !line.overlong);
  }

  void fill(const Line& line, Step& step) const {
    if (!line.overlong) step.text = line.text;
    Line own = line;
    if (!line.overlong) own.text = step.text;
    const JournalEvent event = read_event(own, form_);
    step.delivery = event.event;
    step.expected_result = event.answer;
    if (!event.calls.empty()) read_journal_calls(event.calls, step);
  }

  const JournalFile& file_;
  JournalForm form_;
  uint64_t next_;
  uint64_t end_;
  LineReader reader_;
};

class JournalRecording : public OneSubjectRecording {
 public:
  JournalRecording(UniqueFd fd, std::string shown_path) : fd_(std::move(fd)) {
    const uint64_t bytes = file_size(fd_.get(), shown_path);
    file_ = {fd_.get(), shown_path, bytes};
    index_ = index_journal(file_);
    info_.kind = "journal";
    info_.dialect = index_.has_calls || says_http(index_.header) ? kHttpDialect : kProcessDialect;
    info_.path = std::move(shown_path);
    info_.facts = {{"bytes", std::to_string(bytes)},
                   {"events", std::to_string(index_.events)},
                   {"answers", std::to_string(index_.answers)}};
    for (auto& fact : index_.header.facts) info_.facts.push_back(std::move(fact));
    info_.notes = std::move(index_.notes);
    info_.preamble = std::move(index_.header_line);
    describe_subject();
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    check_subject(subject_id);
    if (!range.empty() && range.end > index_.events) {
      throw Error(ErrorCode::kInvalidData, file_.name + ": steps " + std::to_string(range.begin) +
                                               " to " + std::to_string(range.end - 1) +
                                               " are not all in the file");
    }
    return std::make_unique<JournalStream>(file_, index_, range);
  }

  HashReport verify(const VerifyScope& scope) const override {
    if (scope.parts == VerifyParts::kHeaps) return {};  // there are none
    if (!scope.subject_id.empty()) check_subject(scope.subject_id);
    StepRange range{0, index_.events};
    if (scope.range) {
      range.begin = std::max(range.begin, scope.range->begin);
      range.end = std::min(range.end, scope.range->end);
    }
    HashReport report;
    Step step;
    // A stream goes on behind a damaged line only when it is made anew.
    while (!range.empty() && report.damage.size() < kDamageMax) {
      JournalStream stream(file_, index_, range);
      try {
        for (; stream.next(step); ++range.begin) {
        }
        break;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInvalidData) throw;
        report.damage.push_back(
            {file_.name + ": step " + std::to_string(range.begin), error.what(), kProgramSubject});
        ++range.begin;
      }
    }
    return report;
  }

 private:
  void describe_subject() {
    Subject& subject = subjects_.front();
    subject.id = kProgramSubject;
    subject.name = index_.header.subject;
    subject.manager = "process";
    subject.kind = "program";
    if (subject.name.empty()) {
      subject.name = std::filesystem::path(info_.path).filename().string();
    }
    if (index_.events > 0) subject.held = {{0, index_.events}};
    else subject.not_replayable = "the journal holds no event";
  }

  UniqueFd fd_;
  JournalFile file_;
  JournalIndex index_;
};

// A word that only the formats of vats put at the top of a line.
bool speaks_of_vats(const JsonTop& top) {
  return top.has("transcriptNum") || top.has("vatID") || top.has("crankNum");
}

// A journal has a header, or is nothing but JSON objects that no other format claims.
std::optional<size_t> recognise_journal(const FileHead& head) {
  const auto& lines = head.lines();
  if (lines.empty()) return std::nullopt;
  const JsonTop& first = lines.front().json;
  if (first.word("schema") == kJournalSchema) return 0;
  if (!first.whole || speaks_of_vats(first)) return std::nullopt;
  const auto second = std::find_if(lines.begin() + 1, lines.end(),
                                   [](const auto& line) { return !line.text.empty(); });
  const bool events = second != lines.end() && second->json.object && !speaks_of_vats(second->json);
  return events ? std::optional(FileHead::kLinesMax) : std::nullopt;
}

constexpr std::array<std::string_view, 2> kJournalNames{".jsonl", ".ndjson"};

}  // namespace

std::unique_ptr<Recording> open_journal(const std::filesystem::path& path,
                                        const std::string& shown_path) {
  return std::make_unique<JournalRecording>(open_for_read(path), shown_path);
}

const Format kJournalFormat{.name = "journal",
                            .words = "a journal",
                            .accepted = "a journal of events (JSON lines)",
                            .rank = Rank::kJournal,
                            .recognise = recognise_journal,
                            .open = open_journal,
                            .name_words = kJournalNames};

}  // namespace recrank::program
