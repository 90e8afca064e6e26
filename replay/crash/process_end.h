// How a process of an engine ended: a plain value.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "replay/crash/crash_report.h"
#include "replay/crash/js_death.h"

namespace recrank {

// How a process ended.
struct ProcessEnd {
  int exit_status = 0;  // when signal is 0
  int signal = 0;
  std::string meaning;  // "stack overflow", "SIGSEGV"
  // The signal is one that no fault raises (SIGKILL, SIGTERM, …): a person or the kernel's killer
  // of memory hogs sent it. Never the engine's fault.
  bool sent = false;
  std::string last_words;           // the end of what it wrote to stdout and stderr, made printable
  std::optional<JsDeath> js_death;  // of a program: what its runtime said, where it is known how
  std::optional<CrashReport> report;  // nullopt: it left by itself, or nobody looked
  std::filesystem::path core;         // CaptureMode::kCore: the core file; empty: none was written
  std::string core_missing;           // then: why, as far as it is known
};

}  // namespace recrank
