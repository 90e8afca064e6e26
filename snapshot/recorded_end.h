// How subjects died or failed, as a log tells it. A database does not: the kernel takes the step
// that killed a vat back, and cleans up after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace recrank {

struct RecordedEnd {
  std::string subject_id;
  std::string name;  // may be empty
  // false: a step of it failed, and nothing says that it ended by that.
  bool ended = true;
  std::string cause;  // "Compute meter exceeded", made printable; empty: the log does not say
  // The delivery that ended or failed it; nullopt: another vat or the kernel ended it, or its
  // number is not known.
  std::optional<uint64_t> step;
  std::optional<uint64_t> crank;  // in which that was decided
  std::optional<uint64_t> block;
};

}  // namespace recrank
