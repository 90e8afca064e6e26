// Runs a command of the user's, or a tool such as git, to its end and keeps what it said last.
//
// It is trusted: no sandbox and no limit on time, as for anything the user starts. It runs in a
// process group of its own, and what is left of the group is killed when the command has ended, or
// when recrank has, however that ends.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/interrupt.h"

namespace recrank {

struct ChildCommand {
  std::vector<std::string> words;   // the program, looked up on PATH, and its arguments
  std::filesystem::path directory;  // where it works; empty: where recrank does
  std::vector<std::pair<std::string, std::string>> environment;  // laid over recrank's own
  std::vector<std::string> without;  // variables of recrank's own that it does not get
  size_t output_bytes = 0;           // so much of the end of stdout is kept; 0: stdout is /dev/null
  size_t error_bytes = 0;            // likewise of stderr; 0: stderr is recrank's own
  int keeps_open =
      -1;  // a descriptor that it inherits, such as a lock that lives as long as it does
};

struct ChildEnd {
  bool interrupted = false;  // the rest says nothing then
  int exit_status = -1;      // -1: a signal ended it
  int signal = 0;
  std::string output;       // as it was written: untrusted
  bool output_cut = false;  // there was more in front
  std::string errors;
};

// Standard input is /dev/null. An interrupt kills the group. kIo when it cannot be started, status
// 127 when there is no such program. Thread-safe.
[[nodiscard]] ChildEnd run_child(const ChildCommand& command, const Interrupt& interrupt);

// The words that have /bin/sh run `script` with `arguments` as $1, $2, …; `name` is its $0.
[[nodiscard]] std::vector<std::string> shell_words(const std::string& script,
                                                   const std::string& name,
                                                   const std::vector<std::string>& arguments);

// "status 3", "signal 9 (Killed)": how it ended, for messages.
[[nodiscard]] std::string ending_of(const ChildEnd& end);

// The last line that is not empty, without white space around it.
[[nodiscard]] std::string last_line(const std::string& text);

}  // namespace recrank
