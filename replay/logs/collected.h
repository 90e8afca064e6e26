// What a collector that writes fields tells of one line of a program: docker's json-file,
// journald's json, export and verbose, fluent-bit, and programs that log JSON themselves.
//
//   {"log":"panic(main thread): …\n","stream":"stderr","time":"2026-06-28T00:12:02.1Z"} json-file
//   {"MESSAGE":"panic(…","_PID":"931","SYSLOG_IDENTIFIER":"bun","_SYSTEMD_UNIT":"a.service",…} json
//   {"date":1782605522.1,"log":"panic(…","kubernetes":{"pod_name":"dispatch-0",…}}       fluent-bit
//   [0] app: [[1782605522.1, {}], {"log"=>"panic(…", "stream"=>"stderr"}]                its stdout
//   {"timestamp":"…","level":"ERROR","fields":{"message":"WATCHDOG: …","stale_secs":300}}   tracing
//
// Pure. Source: docker's json-file driver, journalctl(1) --output=json and
// systemd.journal-fields(7), fluent-bit's stdout and file outputs, tracing-subscriber's JSON; of
// journald's, lines of systemd 252.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replay/logs/log_line.h"

namespace recrank {

// Puts together what the fields say, in whatever order they come.
class Collected {
 public:
  // A field as text, with its escapes resolved. Those that say nothing of a line are passed over.
  void take(std::string_view name, std::string value);
  // The collector knew of a text and left it out: journalctl does so beyond 4096 bytes.
  void leave_out() { left_out_ = true; }
  [[nodiscard]] bool left_out() const { return left_out_ && !text_; }
  [[nodiscard]] bool has_text() const { return text_.has_value(); }
  [[nodiscard]] bool from_docker() const { return from_docker_; }

  // Views into this object; `text` has no line's end, and may have several within.
  [[nodiscard]] LogLine line();

 private:
  std::optional<std::string> text_;
  int rank_ = 0;  // of the field that gave the text
  std::string time_, source_, name_, pid_, pod_, container_, unit_, stream_;
  bool partial_ = false;
  bool from_docker_ = false;
  bool left_out_ = false;
};

// Nullopt: no object in JSON, or none that tells of a line.
[[nodiscard]] std::optional<Collected> read_json_line(std::string_view line);

// "[0] app: [[1782605522.1, {}], {…}]", "app: [1782605522.1, {…}]". Strings are not escaped there.
[[nodiscard]] std::optional<Collected> read_fluent_line(std::string_view line);

}  // namespace recrank
