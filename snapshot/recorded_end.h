// How subjects died or failed, as a log tells it. A database does not: the kernel takes the step
// that killed a vat back, and cleans up after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/recording.h"

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

// A Recording that can tell. Thread rule as Recording's.
class TellsEnds {
 public:
  virtual ~TellsEnds() = default;
  // At most one of each subject, sorted by vat_id_less: its end, else its last failure. Null: it
  // cannot tell after all.
  [[nodiscard]] virtual const std::vector<RecordedEnd>* ends() const = 0;
};

// What `recording` tells of ends, as long as it lives; null where its format holds none.
[[nodiscard]] const std::vector<RecordedEnd>* recorded_ends(const Recording& recording);

}  // namespace recrank
