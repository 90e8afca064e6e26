// What the debugger inside an XS machine says, taken apart. Untrusted text; nothing is executed.
// Format: docs/formats/xsbug.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/source_watch.h"

namespace recrank::agoric {

// A larger message is none that a worker writes: its largest holds the source of a bundle.
inline constexpr size_t kXsbugMessageBytesMax = size_t{64} << 20;

struct XsbugFrame {
  SourceFrame frame;
  std::string address;  // "@00007F…", by which its variables are asked for
};

// One message. What was not in it is empty.
struct XsbugMessage {
  bool login = false;
  std::string log;         // what the machine reports: "too much computation\n"
  bool stopped = false;    // it waits for what is to be done
  std::string break_path;  // with `stopped`: where, and why: "breakpoint", "step"
  uint64_t break_line = 0;
  std::string break_words;
  std::vector<XsbugFrame> frames;  // the innermost first
  std::string variables_of;        // address of the frame that `variables` are of
  std::vector<SourceVariable> variables;
};

// Cuts the stream into messages.
class XsbugReader {
 public:
  // What came, in pieces of any size. False: no message comes to an end within its limit.
  [[nodiscard]] bool add(std::string_view bytes);
  // The next whole message; nullopt: none yet. Something that is no message is one with nothing in
  // it, and `problem()` says what it was.
  [[nodiscard]] std::optional<XsbugMessage> next();
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::string bytes_;
  size_t taken_ = 0;     // of bytes_, by next()
  size_t searched_ = 0;  // up to here no end was found
  std::string problem_;
};

// nullopt, with `problem`: it is none.
[[nodiscard]] std::optional<XsbugMessage> parse_xsbug(std::string_view message,
                                                      std::string& problem);

// What is sent. Each is whole; a machine that waits goes on with kXsbugGo or kXsbugStepInside.
inline constexpr std::string_view kXsbugGo = "\r\n<go/>\r\n";
inline constexpr std::string_view kXsbugStepInside = "\r\n<step-inside/>\r\n";
inline constexpr std::string_view kXsbugClearAll = "\r\n<clear-all-breakpoints/>\r\n";
inline constexpr std::string_view kXsbugBreakOnErrors =
    "\r\n<set-breakpoint path=\"exceptions\" line=\"0\"/>\r\n";
inline constexpr std::string_view kXsbugPassErrors =
    "\r\n<clear-breakpoint path=\"exceptions\" line=\"0\"/>\r\n";
// The machine does not decode what it reads, and keeps 255 bytes of a path: nullopt for one that it
// cannot be told.
[[nodiscard]] std::optional<std::string> xsbug_set_breakpoint(std::string_view path, uint64_t line);
[[nodiscard]] std::string xsbug_select(std::string_view address);

}  // namespace recrank::agoric
