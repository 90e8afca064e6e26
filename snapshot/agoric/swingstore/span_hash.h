// The hash chain over the transcript items of one span.
// Format: docs/formats/swingset-2024.md ("Hash chain").
#pragma once

#include <string>
#include <string_view>

namespace recrank::agoric {

class SpanHash {
 public:
  SpanHash();
  void add(std::string_view item);
  // Over all items so far, as lower-case hex.
  [[nodiscard]] const std::string& hex() const { return hex_; }

 private:
  std::string hex_;
};

}  // namespace recrank::agoric
