// The worker's side of the wire. Written apart from replay/agoric/netstring.cc, so that the two can
// prove each other wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/stand_ins/fake_worker_script.h"

namespace fake_worker {

class Wire {
 public:
  explicit Wire(bool modern) : modern_(modern) {}

  void write_raw(std::string_view bytes) const;
  void write_frame(std::string_view payload) const;
  // nullopt at the end of the commands; ends the process with status 2 on bad framing.
  std::optional<std::string> read_frame() const;
  // ".{meter}\x01result" as the dialect has it.
  void write_answer(uint64_t computrons, std::string_view result) const;
  // "?payload", and the answer without its mark.
  std::string call(std::string_view payload) const;
  [[nodiscard]] bool modern() const { return modern_; }

 private:
  bool modern_;
};

}  // namespace fake_worker
