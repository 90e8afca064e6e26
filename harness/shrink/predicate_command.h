// A user's own test of a capsule, run as a command.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/interrupt.h"

namespace recrank {

// Runs `command` by run_shell() (harness/engines/child_command.h) with the file as its last
// argument, on /dev/null, in a process group of its own that ends with it. True: it exited 0.
// nullopt: the interrupt was requested. kUsage when there is no such command (status 126 or 127).
// Thread-safe.
[[nodiscard]] std::optional<bool> run_predicate(const std::string& command,
                                                const std::filesystem::path& file,
                                                const Interrupt& interrupt);

}  // namespace recrank
