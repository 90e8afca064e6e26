// Where a command's words go, and what it found.
//
// Its result goes to Console::out, all else to Console::err; with --json it also writes one JSON
// object, on failure too.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "base/interrupt.h"
#include "base/json.h"
#include "harness/console/outputs.h"

namespace recrank {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool progress = false;  // standard error is a terminal that can rewrite a line
};

struct Context {
  Console console;
  Interrupt& interrupt;
  Outputs outputs = {};  // what the call reads and may write
};

// Writes and flushes. kIo where it is lost: a full disk, a reader that is gone, a closed
// descriptor.
void say(std::ostream& out, std::string_view text);

// What a command found: its report and what a person reads of it.
struct CommandResult {
  int exit_status = 0;
  Json report;       // begins with "schema"
  std::string text;  // for people; ends with a newline
  // What of the outputs that were asked for could not be written: each is told, and the status is
  // that of what could not be judged.
  std::vector<std::string> lost = {};
};

}  // namespace recrank
