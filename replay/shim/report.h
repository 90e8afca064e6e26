// From what was taken of a stopped process to its CrashReport.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "replay/crash/crash_report.h"
#include "replay/shim/raw_fault.h"

namespace recrank::shim {

struct Scene {
  pid_t pid = 0;
  CrashOccasion occasion = CrashOccasion::kDeath;
  RawFault fault;
  // The last fault of that thread which a handler of the program took.
  std::optional<RawFault> handled;
  std::vector<std::string> losses;
};

// Writes the report of the scene into `file`, from its beginning; gives its size, 0 when nothing
// could be written. The work is done by a child with a deadline, because it reads symbol tables and
// the memory of a hostile program: a child that fails costs the backtrace and no more.
[[nodiscard]] size_t write_report(const Scene& scene, int file);

}  // namespace recrank::shim
