// What a program says of itself when it is asked: its version, its commit, its usage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"

namespace recrank {

struct ProgramQuestion {
  std::filesystem::path program;  // absolute
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment = {};
  std::vector<std::filesystem::path> readable = {};  // beside what the environment names
  uint64_t open_files_max = 1024;
  bool writes = false;     // it may write in the directory that it works in, which goes with it
  bool reads_all = false;  // SandboxOptions::reads_all
};

// The end of what it prints, untrusted bytes; nullopt: it fails, prints nothing, or takes longer
// than 20 seconds. It runs in the sandbox of an engine. Throws kWorker when it cannot be executed
// or the user interrupts.
[[nodiscard]] std::optional<std::string> ask_program(const ProgramQuestion& question,
                                                     const Interrupt& interrupt);

}  // namespace recrank
