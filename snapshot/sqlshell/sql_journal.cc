// Format: docs/formats/sqlshell.md
#include "snapshot/sqlshell/sql_journal.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_cursor.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/one_subject_recording.h"

namespace recrank::sqlshell {
namespace {

constexpr std::string_view kFirstLine = "-- recrank.sql/1";
constexpr size_t kDigestDigits = 64;

[[noreturn]] void refuse(const char* what) { throw Error(ErrorCode::kInvalidData, what); }

// kInvalidData, without its place, for a line that is not that of statement `number`.
void read_line(const Line& line, uint64_t number, Step& step) {
  if (line.overlong) refuse("the line is too long");
  step.clear();
  JsonCursor cursor(line.text);
  bool numbered = false;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "n") numbered = cursor.uint_value() == number;
    else if (*key == "sql") step.text = cursor.string_value();
    else if (*key == "sha256") step.arena = cursor.string_value();
    else refuse("a member that is none of n, sql and sha256");
  }
  cursor.expect_end();
  // A line that was lost would change what all later ones come to.
  if (!numbered) refuse("its \"n\" is missing or not the next number");
  if (step.text.empty()) refuse("it holds no statement");
  const bool hex = step.arena.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex || step.arena.size() != kDigestDigits) refuse("its \"sha256\" is missing or none");
  step.number = number;
  step.delivery = step.text;
  step.facts.push_back({kOutputSha256, step.arena});
}

class SqlStream : public StepStream {
 public:
  SqlStream(LineReader::Source source, const std::vector<LinePlace>& places, StepRange range)
      : name_(source.name), reader_(std::move(source)), range_(range) {
    if (!range.empty()) reader_.seek(places.at(range.begin));
  }

  bool next(Step& step) override {
    if (range_.empty()) return false;
    Line line;
    if (!reader_.next(line)) throw Error(ErrorCode::kInvalidData, name_ + ": it became shorter");
    with_context([&] { return to_string(name_, line.place); },
                 [&] { read_line(line, range_.begin, step); });
    ++range_.begin;
    return true;
  }

 private:
  std::string name_;
  LineReader reader_;
  StepRange range_;
};

class SqlJournal : public OneSubjectRecording {
 public:
  SqlJournal(const std::filesystem::path& path, const std::string& shown)
      : fd_(open_for_read(path)), bytes_(file_size(fd_.get(), shown)) {
    describe("sqlshell", kDialect, shown, "sqlite3");
    index();
    info_.facts = {{"statements", std::to_string(places_.size())}};
    hold({0, places_.size()}, "the journal holds no statement");
  }

  std::unique_ptr<StepStream> steps(const std::string& id, StepRange range) const override {
    check_held(id, range);
    return std::make_unique<SqlStream>(source(), places_, range);
  }

 private:
  [[nodiscard]] LineReader::Source source() const {
    return {.fd = fd_.get(), .name = info_.path, .end = bytes_};
  }

  void index() {
    LineReader reader(source());
    Line line;
    Step step;
    if (!reader.next(line) || line.text != kFirstLine)
      throw Error(ErrorCode::kInvalidData,
                  info_.path + ":1: not '" + std::string(kFirstLine) + "'");
    while (reader.next(line)) {
      try {
        read_line(line, places_.size(), step);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInvalidData) throw;
        const std::string what = to_string(info_.path, line.place) + ": " + error.what();
        if (line.ended) damage_ = what;
        info_.notes.push_back(line.ended ? what : what + "; the last line is torn and left out");
        return;
      }
      places_.push_back(line.place);
    }
  }

  UniqueFd fd_;
  uint64_t bytes_;
  std::vector<LinePlace> places_;  // of each statement
};

std::optional<size_t> recognise(const FileHead& head) {
  if (!head.bytes().starts_with(kFirstLine)) return std::nullopt;
  return 0;
}

std::unique_ptr<Recording> open(const std::filesystem::path& path, const std::string& shown) {
  return std::make_unique<SqlJournal>(path, shown);
}

}  // namespace

const Format kJournalFormat{.name = "sqlshell",
                            .words = "a journal of the sqlite3 shell",
                            .accepted = "a journal of the sqlite3 shell",
                            .rank = Rank::kJournal,
                            .recognise = recognise,
                            .open = open};

}  // namespace recrank::sqlshell
