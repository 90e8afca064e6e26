// Raw lines of a log in, lines of programs out: what collectors put around them is taken off, what
// they cut into pieces is joined, and colours are gone.
//
//   LogReader reader(looks_like_app_record);
//   for (line …) reader.take(line, cut_off, [&](const LogLine& heard) { … });
//   reader.end_file(…);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "replay/logs/journal_record.h"
#include "replay/logs/log_line.h"

namespace recrank {

// `heard` may be called several times for one line, or not at all. Memory: one record, and the
// beginnings of lines that come in pieces. One thread.
class LogReader {
 public:
  // The views die with the call.
  using Heard = std::function<void(const LogLine&)>;
  // What is a program's own record is a line as it stands, though it may look like a collector's.
  using IsRecord = bool (*)(std::string_view);
  explicit LogReader(IsRecord is_record) : is_record_(is_record) {}

  void take(std::string_view raw, bool cut_off, const Heard& heard);
  void end_file(const Heard& heard);
  // Messages that a collector knew of and did not write down: too long for it, or no text.
  [[nodiscard]] uint64_t left_out() const { return left_out_; }

 private:
  void take_text(std::string_view text, bool cut_off, const LogLine& outer, int depth,
                 const Heard& heard);
  void take_collected(Collected& collected, bool cut_off, const LogLine& outer, int depth,
                      const Heard& heard);
  bool completes(LogLine& line, std::string& whole);
  bool take_continuation(std::string_view raw, const Heard& heard);
  void emit(const LogLine& line, const Heard& heard);

  IsRecord is_record_;
  JournalRecordReader records_;
  std::map<std::string, std::string> pieces_;  // by source and stream
  std::string last_time_, last_source_;        // of the last line of a journal's short form
  size_t last_head_bytes_ = 0;                 // what stood before its text; 0: it was none
  uint64_t left_out_ = 0;
};

}  // namespace recrank
