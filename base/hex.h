// Bytes and numbers as lower-case hexadecimal text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] inline std::string to_hex(const unsigned char* bytes, size_t size) {
  return to_hex({reinterpret_cast<const char*>(bytes), size});
}

// "18"; with more `digits`, "0018".
[[nodiscard]] std::string number_to_hex(uint64_t number, size_t digits = 1);

// Whether it is `digits` of them, as to_hex() writes them.
[[nodiscard]] bool is_hex(std::string_view text, size_t digits);
[[nodiscard]] inline bool is_sha256_hex(std::string_view text) { return is_hex(text, 64); }

}  // namespace recrank
