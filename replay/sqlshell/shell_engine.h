// Engine over a real sqlite3 shell: each statement goes to its stdin, and what it prints for it is
// summed up.
#pragma once

#include <memory>

#include "replay/program/process_engine.h"

namespace recrank::sqlshell {

// `program` is of an engine file with "kind":"sqlite3", and may be another build of the shell. Its
// database is in memory and begins empty.
[[nodiscard]] std::unique_ptr<Engine> make_shell_engine(program::ProcessProgram program);

}  // namespace recrank::sqlshell
