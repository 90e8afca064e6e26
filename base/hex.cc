#include "base/hex.h"

namespace recrank {

std::string to_hex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 15];
  }
  return hex;
}

std::string number_to_hex(uint64_t number, size_t digits) {
  std::string hex;
  for (; number != 0 || hex.size() < digits; number >>= 4) {
    hex.insert(hex.begin(), kHexDigits[number & 15]);
  }
  return hex;
}

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

}  // namespace recrank
