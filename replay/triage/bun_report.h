// What Bun prints when its native part dies.
//
//   ============================================================
//   Bun v1.3.13 (bf2e2cec) Linux x64
//   Args: "/usr/bin/dispatch-server"
//   Features: jsc standalone_executable
//   RSS: 0.02ZB | Peak: 0.29GB | Commit: 0.02ZB | Faults: 0 | Machine: 33.24GB
//   panic(main thread): Segmentation fault at address 0x0
//   oh no: Bun has crashed. This indicates a bug in Bun, not your code.
//    https://bun.report/1.3.13/la1bf2e2ceAggggC42yp8E+kgPs27rjFst0rjFwoyrjF…A2AA
//
// Its last line holds the stack. The process then dies of its own accord: Bun 1.3 by SIGILL
// whatever the first fault was, 1.4 by that signal. RSS and Commit are wrong at times (0.02ZB) and
// not read.
//
// Forms seen: Bun 1.3.12, 1.3.13, 1.3.14, 1.4.5 on Linux. The code of the address was found by
// reading those of crashes whose frames a tracer had taken: commit, two numbers (features), frames,
// a 0, reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

struct BunReport {
  std::string version;              // "1.3.13"; empty: its first and its last line are lost
  std::string commit;               // "bf2e2cec", of the last line alone "bf2e2ce"; or empty
  std::string what;                 // "Segmentation fault"; empty: the line is not there
  std::optional<uint64_t> address;  // of the fault
  bool main_thread = true;
  std::string program;  // the first of Args
  // Offsets in Bun's image, innermost first, as a tracer counts them: without the handler's own,
  // those of the C library, and code that was made at run time.
  std::vector<uint64_t> frames;
  bool site_told = false;  // the last line is there
};

// Takes the lines of one report one by one. One thread.
class BunReportReader {
 public:
  // Whether the line belongs to a report; its first one, or where that is lost the second that says
  // what happened, begins a new one.
  [[nodiscard]] bool take(std::string_view line);
  [[nodiscard]] bool has_report() const { return open_; }
  // The line that ends it was read.
  [[nodiscard]] bool complete() const { return open_ && report_.site_told; }
  // Gives it away; the reader is as new.
  [[nodiscard]] BunReport finish();

 private:
  bool take_banner(std::string_view line);
  bool take_panic(std::string_view line);
  bool take_address(std::string_view line);

  bool open_ = false;
  BunReport report_;
};

// "SIGSEGV null bun@bf2e2cec+0x4faf767<bun@bf2e2cec+0x4fae8d7<bun@bf2e2cec+0x4fae489": the form of
// replay/crash/signature.h with the commit in place of the build id. Without the address of its
// report: "SIGSEGV null bun@bf2e2cec site-not-told". Short and printable.
[[nodiscard]] std::string bun_signature(const BunReport& report);

// The frames within an address of bun.report, as BunReport has them; nullopt: it is none.
[[nodiscard]] std::optional<std::vector<uint64_t>> bun_report_frames(std::string_view line);

}  // namespace recrank
