// What died in a log, how often, and which deaths are one: a pure function of its lines.
//
// A death is put together from what stands apart in a log: the runtime's report of its crash, or
// the error that nobody caught; then the service manager's or the shell's word of how the process
// ended. Deaths with one signature are one class (docs/triage.md).
//
//   Triage triage;
//   triage.begin_file("app.log");
//   for (line …) triage.take(line);
//   triage.end_file();
//   const TriageResult found = triage.finish();
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "replay/crash/js_death.h"
#include "replay/logs/log_line.h"
#include "replay/logs/log_reader.h"
#include "replay/triage/bun_report.h"
#include "replay/triage/end_words.h"
#include "snapshot/journal/open_spans.h"

namespace recrank {

enum class DeathKind {
  kNative,    // a fault in the program's own machine code, by its runtime's report
  kUncaught,  // an error of its JavaScript that nobody caught
  kPanic,     // Rust's word for a broken promise
  kFatal,     // it said itself that it cannot go on
  kSignal,    // a signal and no words
  kExit,      // a status other than 0
  kTimeout,   // `timeout` ended it
  kVanished,  // its journal begins anew without a word of an end
  kUnderWay,  // its journal ends with open spans: it died, or it was still running
  kMismatch,  // no death: it computed another hash than its network or archive
};
[[nodiscard]] std::string_view to_string(DeathKind kind);  // "native"

struct LogPlace {
  std::string time;  // as the log spells it; empty: it has none
  std::string file;
  uint64_t line = 0;
};

struct DeathSeen {
  DeathKind kind = DeathKind::kExit;
  std::string signature;  // of the class
  std::string words;      // the line that says most, for people
  std::string build;      // "Bun 1.3.13 (bf2e2cec)"; empty: not told
  std::string program;    // a unit, or what the log calls it; empty: not told
  std::string end;        // "SIGILL (core dumped)"; empty: not told
  std::string peak;       // of memory, as told; empty: not told
  LogPlace place;
  std::optional<JsDeath> js;  // kUncaught
};

struct CrashClass {
  DeathSeen sample;  // the first
  uint64_t count = 0;
  std::map<std::string, uint64_t> builds, programs, ends;  // how many of each; bounded
  std::string largest_peak;
  LogPlace last;
};

struct TriageResult {
  std::vector<CrashClass> classes;  // the most frequent first, then by signature
  uint64_t lines = 0;
  uint64_t known_lines = 0;  // that said anything of a life, its end or its journal
  uint64_t deaths = 0;
  uint64_t mismatches = 0;
  uint64_t starts = 0;
  uint64_t ends = 0;  // as it should be
  std::vector<std::string> notes;
};

// Classes above this are counted only, in a note.
inline constexpr size_t kCrashClassesMax = 1000;
// What is looked at of a line; Bun quotes lines of a bundle in full.
inline constexpr size_t kTriageLineBytes = 4000;

// Memory is bounded whatever the log holds. One thread.
class Triage {
 public:
  void begin_file(std::string name);
  void take(std::string_view line, bool cut_off = false);
  void end_file();
  [[nodiscard]] TriageResult finish();

 private:
  struct Talk {        // what one process of the log has said of late
    std::string unit;  // that the collector says it is of; empty: it does not say
    std::deque<std::string> tail;
    size_t tail_bytes = 0;
    BunReportReader bun;
    LogPlace bun_at;
    uint64_t bun_line = 0;  // the last one of its report
    std::string perhaps;    // the last line of kPerhaps
    LogPlace perhaps_at;
    bool panic_message_next = false;
    std::string mismatch;  // at which height the last one was
    uint64_t unknown = 0;  // lines since the last that said anything
    uint64_t used = 0;
  };
  struct Pending {  // a death by its words, whose end may be told later
    DeathSeen death;
    std::string source;
    std::string unit;
  };
  struct UnitDeath {  // the last of a unit: the service manager has more to say of it
    DeathSeen death;
    bool wordless = false;  // a signal, and no words before it that could be its
  };
  enum class Kin { kOwn, kUnknown, kForeign };  // of a process to an end that is told

  void take_line(const LogLine& whole);
  Talk& talk_of(const LogLine& line);
  [[nodiscard]] LogPlace place(std::string_view time) const;
  bool take_record(std::string_view line, bool cut_off);
  bool take_native(const LogLine& line, Talk& talk);
  bool take_panic(const LogLine& line, Talk& talk);
  bool take_js(const LogLine& line, Talk& talk);
  bool take_words(const LogLine& line, Talk& talk);
  bool take_unit(const LogLine& line);
  void take_end(const LogLine& line, const EndWords& end);
  void settle(const std::string& source, Talk& talk);
  void settle_all();
  void settle_program(std::string_view source);
  void add_pending(DeathSeen death, std::string_view source, std::string_view unit);
  [[nodiscard]] Kin kin_of(std::string_view source, std::string_view unit, std::string_view teller,
                           const EndWords& end) const;
  [[nodiscard]] bool is_of_known_unit(std::string_view source) const;
  std::optional<DeathSeen> claim_pending(const LogLine& line, const EndWords& end);
  DeathSeen death_of_end(const LogLine& line, const EndWords& end);
  uint64_t forget_unknown(const LogLine& line, const EndWords& end);
  void count_of_unit(UnitDeath last);
  void note_unit(const std::string& unit);
  void end_app_life(bool booted_anew);
  void count(DeathSeen death);
  void merge_spellings();
  void add_notes();

  LogReader reader_{program::looks_like_app_record};
  std::string file_;
  uint64_t line_ = 0;
  uint64_t last_words_line_ = 0;  // that is not empty
  uint64_t tick_ = 0;
  std::optional<EndWords> last_end_;   // with nothing of note behind it
  std::map<std::string, Talk> talks_;  // by source
  std::vector<Pending> pending_;
  std::map<std::string, UnitDeath> of_unit_;
  std::set<std::string> units_;           // that were named so far
  std::map<std::string, bool> stopping_;  // units that were asked to end
  struct Unread {
    uint64_t deaths = 0;
    uint64_t lines = 0;
  };
  std::map<std::string, Unread> unread_;  // by program: deaths without words behind unknown lines
  program::OpenSpans spans_;
  bool app_life_ = false;  // records were seen since the last boot
  bool app_orderly_ = false;
  LogPlace app_last_;
  uint64_t damaged_records_ = 0;
  std::map<std::string, CrashClass> classes_;
  uint64_t beyond_ = 0;
  TriageResult result_;
};

}  // namespace recrank
