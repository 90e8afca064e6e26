// Format: docs/formats/kerneldb-lmdb-2021.md (keys and values)
#include "snapshot/io/utf16.h"

#include <array>
#include <cstdint>

namespace recrank {
namespace {

bool is_high(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

uint32_t unit_at(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(static_cast<uint8_t>(bytes[at])) |
         static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + 1])) << 8;
}

void append_utf8(std::string& out, uint32_t code) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

void append_unit(std::string& out, uint32_t unit) {
  out.push_back(static_cast<char>(unit & 0xFF));
  out.push_back(static_cast<char>(unit >> 8));
}

// The code at `at`, which is moved behind it; nullopt when the bytes are not WTF-8.
std::optional<uint32_t> next_code(std::string_view text, size_t& at) {
  const auto lead = static_cast<uint8_t>(text[at++]);
  if (lead < 0x80) return lead;
  const size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || at + more > text.size()) return std::nullopt;
  uint32_t code = lead & (0x3FU >> more);
  for (size_t i = 0; i < more; ++i) {
    const auto byte = static_cast<uint8_t>(text[at++]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (byte & 0x3FU);
  }
  constexpr std::array<uint32_t, 4> kLowest{0, 0x80, 0x800, 0x10000};
  if (code < kLowest[more] || code > 0x10FFFF) return std::nullopt;
  return code;
}

}  // namespace

bool decode_utf16z(std::string_view stored, std::string& text) {
  const size_t size = stored.size();
  if (size < 2 || size % 2 != 0 || unit_at(stored, size - 2) != 0) return false;
  text.clear();
  text.reserve(size / 2);
  for (size_t at = 0; at + 2 < size; at += 2) {
    const uint32_t unit = unit_at(stored, at);
    if (unit < 0x80) {
      text.push_back(static_cast<char>(unit));
    } else if (is_high(unit) && is_low(unit_at(stored, at + 2))) {
      at += 2;
      append_utf8(text, 0x10000 + ((unit - 0xD800) << 10) + (unit_at(stored, at) - 0xDC00));
    } else {
      append_utf8(text, unit);
    }
  }
  return true;
}

std::optional<std::string> encode_utf16z(std::string_view text) {
  std::string out;
  out.reserve(2 * text.size() + 2);
  for (size_t at = 0; at < text.size();) {
    const auto code = next_code(text, at);
    if (!code) return std::nullopt;
    if (*code < 0x10000) {
      append_unit(out, *code);
    } else {
      append_unit(out, 0xD800 + ((*code - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((*code - 0x10000) & 0x3FF));
    }
  }
  append_unit(out, 0);
  return out;
}

}  // namespace recrank
