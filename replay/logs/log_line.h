// One line of a log, without what the collector of the log put before it.
//
//   Jun 28 00:12:02 host dispatch-server[931590]: panic(main thread): …     journalctl, syslog
//   2026-06-28T00:12:02+0000 host systemd[1]: dispatch.service: Main …      journalctl -o short-iso
//   <30>Jun 28 00:12:02 host dispatch-server[931590]: panic(main …          RFC 3164
//   <30>1 2026-06-28T00:12:02Z host dispatch-server 931590 - - panic(…      RFC 5424
//   2026-06-28T00:12:02.123456789Z stderr F panic(main thread): …           CRI (containerd,
//   podman) dispatch-1  | panic(main thread): …                                     docker compose
//   logs [pod/dispatch-0/app] panic(main thread): …                              kubectl logs
//   --prefix 2026-05-04T14:04:09.061014Z ERROR henyey_app::app: WATCHDOG: …          a program's
//   own time panic(main thread): …                                                   captured
//   stderr
//
// Pure. Source: journalctl(1); RFC 3164 4.1, RFC 5424 6; the kubelet's CRI logging format; lines of
// systemd 252.
#pragma once

#include <cstddef>
#include <string_view>

namespace recrank {

// Slices of the line.
struct LogLine {
  std::string_view time;    // as the log spells it; empty: it has none
  std::string_view source;  // "dispatch-server[931590]": who wrote it; empty: the log does not say
  std::string_view text;    // the rest
  std::string_view unit = {};    // "dispatch.service", where the collector tells it by itself
  std::string_view stream = {};  // "stderr", where the collector tells it
  bool partial = false;          // the next line of its source and stream goes on with it
  bool cut_off = false;          // longer than is read
};

// Any text is a line. A host's name may be missing, as it is where somebody quoted a log.
[[nodiscard]] LogLine split_log_line(std::string_view line);

// "dispatch-server" of "dispatch-server[931590]", also of "[pod/dispatch-0/app]".
[[nodiscard]] std::string_view program_of(std::string_view source);

// The collector had bytes that are no text and wrote "[62B blob data]" in their place.
[[nodiscard]] bool is_blob_note(std::string_view text);

}  // namespace recrank
