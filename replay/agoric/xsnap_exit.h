// What the exit statuses of an xsnap worker mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "replay/process/end_of_process.h"

namespace recrank::agoric {

class XsnapExits final : public ExitReader {
 public:
  // `computrons`: the worker's -l; `memory_bytes`: the address space that it may take.
  XsnapExits(std::optional<uint64_t> computrons, uint64_t memory_bytes)
      : computrons_(computrons), memory_bytes_(memory_bytes) {}
  [[nodiscard]] std::string meaning(int status) const override;
  [[nodiscard]] std::optional<StepLimit> limit(int status) const override;
  // Its last words are the supervisor's, and its statuses have a meaning each: no more is read.
  [[nodiscard]] Told told(int status, std::string_view words) const override;

 private:
  std::optional<uint64_t> computrons_;
  uint64_t memory_bytes_;
};

}  // namespace recrank::agoric
