// What a frame of a backtrace is called in a signature. Rules: docs/crash-signatures.md.
//
// Names come from an engine's symbol table and are untrusted: whatever they hold, the result is
// printable and bounded.
#pragma once

#include <string>
#include <string_view>

#include "replay/crash/crash_report.h"

namespace recrank {

enum class FrameRole {
  kOwn,       // the engine's own code
  kSystem,    // the C library and its companions: their inner names differ from machine to machine
  kPlumbing,  // signal trampolines, abort(), what calls main(): says nothing about a crash
  kNowhere,   // in no mapped file: generated code, or a jump into the void
};
[[nodiscard]] FrameRole role_of(const Frame& frame);

// A function's name without template arguments, parameters, the compiler's and the linker's
// suffixes: "std::vector<int>::at(unsigned long) const [clone .cold]" -> "std::vector::at".
[[nodiscard]] std::string bare_function(std::string_view function);

// The bare function; without one, the module with its build and the offset in it:
// "bun@bf2e2cec+0x30dec22".
[[nodiscard]] std::string frame_name(const Frame& frame);

}  // namespace recrank
