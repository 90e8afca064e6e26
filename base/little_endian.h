// Numbers as bytes, the lowest first, whatever the machine does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

namespace recrank {

// The number in the `size` bytes at `at`, which must be there.
[[nodiscard]] inline uint64_t read_number(std::string_view bytes, size_t at, size_t size) {
  RECRANK_CHECK(size <= bytes.size() && at <= bytes.size() - size);
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
[[nodiscard]] inline uint16_t read_u16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(read_number(bytes, at, 2));
}
[[nodiscard]] inline uint32_t read_u32(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(read_number(bytes, at, 4));
}
[[nodiscard]] inline uint64_t read_u64(std::string_view bytes, size_t at) {
  return read_number(bytes, at, 8);
}

// The lowest `size` bytes of it.
inline void write_number(char* to, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) to[i] = static_cast<char>(value >> (8 * i) & 0xFF);
}
inline void add_number(std::string& bytes, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace recrank
