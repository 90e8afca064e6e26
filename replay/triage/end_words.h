// How logs spell the end of a process: a service manager's words, a shell's, a wrapper's status.
//
//   dispatch.service: Main process exited, code=dumped, status=4/ILL        systemd
//   bash: line 1: 30730 Illegal instruction     (core dumped) bun app.js    a shell
//   error: script "s" exited with code 132                                  bun run, npm
//   dispatch-1 exited with code 132                                         docker compose
//   exit=134                                                                a script that notes $?
//
// A status above 128 is what a shell makes of a signal; 124 is what `timeout` ends with. Pure.
// Source: systemd.exec(5), bash(1) "EXIT STATUS", timeout(1); lines of systemd 252, bash 5.2, dash
// 0.5; docker compose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recrank {

enum class EndTeller { kService, kWrapper, kBunRun, kShell, kContainer };

struct EndWords {
  EndTeller teller = EndTeller::kService;
  int exit_status = 0;  // when signal is 0
  int signal = 0;
  bool core = false;       // the kernel wrote a core file, or a collector of them got it
  bool timed_out = false;  // `timeout` ended it
  std::string unit;  // "dispatch.service", of kContainer "dispatch-1"; empty: another one tells
  uint64_t pid = 0;  // kShell: of what ended; 0: not told
  [[nodiscard]] bool in_peace() const { return signal == 0 && exit_status == 0 && !timed_out; }
};

// Of the text of a line (log_line.h); nullopt: it tells of no end.
[[nodiscard]] std::optional<EndWords> parse_end_words(std::string_view text);

// What the service manager says beside it; nullopt: something else.
struct UnitWords {
  enum class Kind { kStarted, kStopping, kStopped, kFailed, kConsumed };
  Kind kind = Kind::kStarted;
  std::string unit;    // "dispatch.service"; of kStarted and kStopping as the line has it
  std::string result;  // kFailed: "oom-kill"
  std::string peak;    // kConsumed: "6.2G"; empty: not told
};
[[nodiscard]] std::optional<UnitWords> parse_unit_words(std::string_view text);

// "SIGILL (core dumped)", "exit 1", "timeout".
[[nodiscard]] std::string to_words(const EndWords& end);

}  // namespace recrank
