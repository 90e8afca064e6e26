// Which of the limits that recrank set an end, or an answer, can be the work of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank {

// What a program ran under, and what it had taken when it was last looked at; 0: not known.
struct LimitTraces {
  uint64_t open_files_max = 0;
  uint64_t open_files = 0;
  uint64_t memory_bytes_max = 0;  // of address space
  uint64_t memory_bytes = 0;
};

// "open files (64: \"open_files\" in the engine file)", "address space (6.0 GiB: --memory-limit)":
// the first that the traces or the program's own words speak for; empty: none does. It can be the
// cause, no more: programs say such words for other reasons too. Pure.
[[nodiscard]] std::string own_limit(const LimitTraces& traces, std::string_view words);

}  // namespace recrank
