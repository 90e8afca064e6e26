// One line of a log, without what the collector of the log put before it.
//
//   Jun 28 00:12:02 host dispatch-server[931590]: panic(main thread): …     journalctl, syslog
//   2026-06-28T00:12:02+0000 host systemd[1]: dispatch.service: Main …      journalctl -o short-iso
//   2026-05-04T14:04:09.061014Z ERROR henyey_app::app: WATCHDOG: …          a program's own time
//   panic(main thread): …                                                   captured stderr
//
// Pure. Source: journalctl(1), --output=short, short-precise, short-iso.
#pragma once

#include <string_view>

namespace recrank {

// Slices of the line.
struct LogLine {
  std::string_view time;    // as the log spells it; empty: it has none
  std::string_view source;  // "dispatch-server[931590]": who wrote it; empty: the log does not say
  std::string_view text;    // the rest
};

// Any text is a line. A host's name may be missing, as it is where somebody quoted a log.
[[nodiscard]] LogLine split_log_line(std::string_view line);

// "dispatch-server" of "dispatch-server[931590]".
[[nodiscard]] std::string_view program_of(std::string_view source);

}  // namespace recrank
