// A program that recrank starts beside an engine: its tracer, and what makes its namespaces.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace recrank {

// Its descriptor N is `fds[N]`, or /dev/null for -1, and it has no others; it has a group of its
// own, so that a Ctrl-C at the terminal does not take it before the engine, no blocked signals, and
// of the environment PATH and LANG. Must be called in a thread that lives as long as recrank, if
// the program asks for the death of its parent. Throws kIo.
[[nodiscard]] pid_t start_helper(const std::filesystem::path& program,
                                 std::vector<std::string> arguments, const std::vector<int>& fds);

}  // namespace recrank
