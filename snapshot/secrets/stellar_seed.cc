#include "snapshot/secrets/stellar_seed.h"

#include <array>
#include <cstdint>

namespace recrank {
namespace {

constexpr size_t kDigits = 56;
constexpr size_t kBytes = 35;
constexpr size_t kCheckedBytes = kBytes - 2;
constexpr uint8_t kSeedVersion = 18 << 3;  // "S"

bool is_base32(char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }
unsigned value_of(char c) { return static_cast<unsigned>(c <= '7' ? c - '2' + 26 : c - 'A'); }

// CRC16-XModem: polynomial 0x1021, beginning with 0.
uint16_t crc_of(const std::array<uint8_t, kBytes>& bytes) {
  unsigned crc = 0;
  for (size_t i = 0; i < kCheckedBytes; ++i) {
    crc ^= static_cast<unsigned>(bytes[i]) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
    }
  }
  return static_cast<uint16_t>(crc);
}

bool is_seed(std::string_view digits) {
  std::array<uint8_t, kBytes> bytes{};
  unsigned held = 0;
  unsigned bits = 0;
  size_t at = 0;
  for (const char digit : digits) {
    held = (held << 5) | value_of(digit);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = static_cast<uint8_t>(held >> bits);
      held &= (1U << bits) - 1;
    }
  }
  const unsigned stored = bytes[kCheckedBytes] | static_cast<unsigned>(bytes[kBytes - 1]) << 8;
  return bytes[0] == kSeedVersion && crc_of(bytes) == stored;
}

}  // namespace

std::optional<size_t> find_stellar_seed(std::string_view bytes) {
  for (size_t begin = 0; begin + kDigits <= bytes.size();) {
    // Backwards from where it would end: most windows hold a byte that cannot be in one.
    size_t at = begin + kDigits;
    while (at > begin && is_base32(bytes[at - 1])) --at;
    if (at > begin) {
      begin = at;
      continue;
    }
    if (bytes[begin] == 'S' && is_seed(bytes.substr(begin, kDigits))) return begin;
    ++begin;
  }
  return std::nullopt;
}

}  // namespace recrank
