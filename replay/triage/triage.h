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
#include <string>
#include <string_view>
#include <vector>

#include "replay/crash/js_death.h"
#include "replay/triage/bun_report.h"
#include "replay/triage/end_words.h"
#include "replay/triage/log_line.h"
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
  struct Talk {  // what one process of the log has said of late
    std::deque<std::string> tail;
    size_t tail_bytes = 0;
    BunReportReader bun;
    LogPlace bun_at;
    std::string perhaps;  // the last line of kPerhaps
    LogPlace perhaps_at;
    bool panic_message_next = false;
    uint64_t used = 0;
  };
  struct Pending {  // a death by its words, whose end may be told later
    DeathSeen death;
    std::string source;
  };

  Talk& talk_of(std::string_view source);
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
  void add_pending(DeathSeen death, std::string_view source);
  std::optional<DeathSeen> claim_pending(const LogLine& line, const EndWords& end);
  DeathSeen death_of_end(const LogLine& line, const EndWords& end);
  void end_app_life(bool booted_anew);
  void count(DeathSeen death);

  std::string file_;
  uint64_t line_ = 0;
  uint64_t last_words_line_ = 0;  // that is not empty
  uint64_t tick_ = 0;
  std::optional<EndWords> last_end_;   // with nothing of note behind it
  std::map<std::string, Talk> talks_;  // by source
  std::vector<Pending> pending_;
  std::map<std::string, DeathSeen> of_unit_;  // the last of each, which more may be said of
  std::map<std::string, bool> stopping_;      // units that were asked to end
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
