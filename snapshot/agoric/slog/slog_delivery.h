// Puts one step together from the records of its delivery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/agoric/slog/slog_line.h"
#include "snapshot/step.h"

namespace recrank::agoric {

// begin() with the "deliver" record, then every record of the delivery, then end() with its
// "deliver-result". What is kept is copied into the step's text, so the records may vanish. Each
// throws kInvalidData, without a place, for a record that cannot be read or does not fit the one
// before it. One thread at a time.
class SlogDelivery {
 public:
  void begin(const SlogHead& head, std::string_view record, Step& step);
  void syscall(const SlogHead& head, std::string_view record, Step& step);
  void syscall_result(const SlogHead& head, std::string_view record, Step& step);
  void end(const SlogHead& head, std::string_view record, Step& step);

 private:
  struct Slice {
    size_t at = 0;
    size_t size = 0;
  };
  struct Call {
    Slice call;
    std::optional<Slice> answer;
  };

  void check_crank(const SlogHead& head) const;

  std::optional<uint64_t> crank_;
  Slice delivery_;
  std::vector<Call> calls_;
};

}  // namespace recrank::agoric
