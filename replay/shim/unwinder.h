// Backtraces through elfutils' libdwfl: unwind tables, symbols, line tables and inlined calls.
//
// Reads the files of the traced program and its memory, both of which may be hostile; so it runs in
// a child of the shim that has a deadline (report.h).
#pragma once

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/crash/crash_report.h"
#include "replay/shim/proc_files.h"
#include "replay/shim/raw_fault.h"

namespace recrank::shim {

struct Backtrace {
  // Innermost first; of a deep stack both ends, and where its recursion began.
  std::vector<Frame> frames;
  std::string problem;  // why it ends early; empty: it does not
};

class Unwinder {
 public:
  // `mappings` and `memory` must outlive it.
  Unwinder(pid_t pid, const std::vector<Mapping>& mappings, const ProcessMemory& memory);

  [[nodiscard]] Backtrace unwind(const RawFault& fault);
  // Of a symbol in any module.
  [[nodiscard]] std::optional<uint64_t> find_symbol(const char* name) const;
  // What went wrong at the start; empty: nothing.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Callbacks;  // what libdwfl calls back

  struct Place;
  struct Walk;
  [[nodiscard]] std::vector<size_t> choose(const std::vector<Place>& places) const;
  [[nodiscard]] uint64_t function_at(uint64_t place) const;
  [[nodiscard]] std::vector<Frame> symbolize(uint64_t pc, bool is_call) const;
  [[nodiscard]] Frame locate(Dwfl_Module* module, uint64_t pc, uint64_t place) const;
  [[nodiscard]] bool go_to_caller();
  [[nodiscard]] bool read_word(uint64_t address, uint64_t& word) const;

  pid_t pid_;
  const std::vector<Mapping>& mappings_;
  const ProcessMemory& memory_;
  std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl_;
  std::string problem_;
  const RawFault* fault_ = nullptr;  // the one being unwound
  user_regs_struct start_{};         // where it begins
};

// "f(int)" of "_Z1fi"; other names as they are.
[[nodiscard]] std::string demangle(const char* name);

}  // namespace recrank::shim
