// Format: docs/formats/app-journal.md
#include "snapshot/journal/app_journal_index.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/journal/journal.h"

namespace recrank::program {
namespace {

constexpr size_t kAppDamageMax = 1000;

class Indexer {
 public:
  explicit Indexer(AppIndex& index) : index_(index) {}

  void take(const AppRecord& record, AppPlace place) {
    ++index_.records;
    index_.last_ms = record.time_ms;
    if (says_booted(record)) {
      ++index_.boots;
      index_.spans.clear();  // of a life that has ended
    }
    index_.spans.take(record);
    if (record.name != "provider.request") return;
    if (record.kind == AppRecord::Kind::kSpanOpen && !record.body.empty()) open(record, place);
    if (record.kind == AppRecord::Kind::kSpanClose) close(record);
  }

 private:
  void open(const AppRecord& record, AppPlace place) {
    const size_t number = index_.requests.size();
    index_.requests.push_back({place, std::nullopt, 0});
    const auto [turn, is_new] = turns_.try_emplace(record.turn, index_.turns.size());
    if (is_new) index_.turns.push_back({record.turn, record.conversation, {}, record.time_ms});
    index_.turns[turn->second].requests.push_back(number);
    if (const auto last = last_of_.find(record.conversation); last != last_of_.end()) {
      index_.requests[last->second].next = number;
    }
    last_of_[record.conversation] = number;
    open_[record.span] = number;
  }

  void close(const AppRecord& record) {
    const auto found = open_.find(record.span);
    if (found == open_.end()) return;
    const auto status = parse_uint(app_attribute(record.attributes, "status"));
    if (status && *status < 1000)
      index_.requests[found->second].status = static_cast<unsigned>(*status);
    open_.erase(found);
  }

  AppIndex& index_;
  std::map<std::string, size_t> turns_;
  std::map<std::string, size_t> last_of_;  // by conversation
  std::map<std::string, size_t> open_;     // by span
};

void note_damage(AppIndex& index, const AppFile& file, const Line& line, const char* what) {
  if (index.damage.size() >= kAppDamageMax) return;
  index.damage.push_back({to_string(file.name, line.place), what, kProgramSubject});
}

}  // namespace

AppIndex index_app_journal(const std::vector<AppFile>& files) {
  AppIndex index;
  Indexer indexer(index);
  for (size_t number = 0; number < files.size(); ++number) {
    const AppFile& file = files[number];
    LineReader reader({.fd = file.fd.get(), .name = file.name, .end = file.bytes});
    Line line;
    while (reader.next(line)) {
      if (line.text.empty() && !line.overlong) continue;
      try {
        if (line.overlong) throw Error(ErrorCode::kInvalidData, "the line is too long");
        indexer.take(read_app_record(line.text), {number, line.place});
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInvalidData) throw;
        if (line.ended) {
          note_damage(index, file, line, error.what());
        } else {
          index.notes.push_back(to_string(file.name, line.place) + ": the last line is torn (" +
                                format_count(file.bytes - line.place.offset) +
                                " bytes); it counts for nothing");
        }
      }
    }
  }
  if (!index.damage.empty()) {
    index.notes.push_back(format_count(index.damage.size()) +
                          " damaged lines count for nothing; the first is " +
                          index.damage.front().place);
  }
  return index;
}

}  // namespace recrank::program
