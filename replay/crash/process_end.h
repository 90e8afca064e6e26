// How a process of an engine ended: a plain value.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "replay/crash/crash_report.h"
#include "replay/crash/program_death.h"

namespace recrank {

// What a process did in a step that it did not end in time: this much tells hangs apart that look
// alike from where it stood.
enum class HangPace {
  kUnknown,
  kIdle,     // it used next to no CPU: it waits
  kBusy,     // it computes
  kGrowing,  // it computes, and takes more and more memory
};

// How a process ended.
struct ProcessEnd {
  int exit_status = 0;  // when signal is 0
  int signal = 0;
  std::string meaning;  // "stack overflow", "SIGSEGV"
  // The signal is one that no fault raises (SIGKILL, SIGTERM, …): a person or the kernel's killer
  // of memory hogs sent it. Never the engine's fault.
  bool sent = false;
  // The end of what it wrote to stdout and stderr since its last answer, made printable; where that
  // is nothing, of what it wrote before.
  std::string last_words;
  bool words_of_before = false;
  // Of a program that ended itself: what its runtime said, where it is known how; else its last
  // line since its last answer, steadied (last_words.h); empty: there is none.
  std::optional<ProgramDeath> death;
  std::string last_line;
  HangPace pace = HangPace::kUnknown;
  // A limit that recrank set and that can have caused this end: "open files (64)"; empty: none.
  std::string own_limit;
  std::optional<CrashReport> report;  // nullopt: it left by itself, or nobody looked
  std::filesystem::path core;         // CaptureMode::kCore: the core file; empty: none was written
  std::string core_missing;           // then: why, as far as it is known
};

}  // namespace recrank
