// Commands of the user's own, run by /bin/sh: a test of a capsule, the builder of an engine, the maker
// of a recording.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/interrupt.h"

namespace recrank {

struct ShellCommand {
  std::string command;
  std::vector<std::string> arguments;  // put behind the words of the command, as they are
  std::filesystem::path directory;     // where it runs; empty: here
  std::vector<std::pair<std::string, std::string>> environment;  // besides our own
};

struct ShellEnd {
  int status = 0;         // 128 + N when a signal ended it
  std::string out;        // the last 64 KiB that it wrote to standard output
  std::string last_words; // and to standard error, made printable, the last 2,000 bytes of it
};

// Standard input is /dev/null. The command gets a process group of its own, which ends with it.
// nullopt: the interrupt was requested, and everything that it started was killed. Thread-safe.
// kIo when there is no shell or no place for its output.
[[nodiscard]] std::optional<ShellEnd> run_shell(const ShellCommand& command,
                                                const Interrupt& interrupt);

}  // namespace recrank
