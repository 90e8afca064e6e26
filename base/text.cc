#include "base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/hex.h"

namespace recrank {
namespace {

// The character that begins at `at`, and how many bytes it has: 0 where it is no UTF-8.
struct Character {
  utf8proc_int32_t code = 0;
  size_t length = 0;
};

Character character_at(std::string_view text, size_t at) {
  Character found;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at);
  const auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, left, &found.code);
  if (length > 0) found.length = static_cast<size_t>(length);
  return found;
}

// Whether a reader sees what it is. What a terminal obeys, what changes the order of the text
// around it, what takes no room and what no font knows can make one text look like another.
bool is_visible(utf8proc_int32_t code) {
  const utf8proc_property_t* property = utf8proc_get_property(code);
  switch (property->category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return property->ignorable == 0;  // such as variation selectors, fillers and tags
  }
}

void put_printable(std::string_view bytes, size_t& at, std::string& out) {
  const Character character = character_at(bytes, at);
  const bool plain = character.length > 0 && is_visible(character.code);
  const size_t length = std::max<size_t>(character.length, 1);
  if (plain) {
    out += bytes.substr(at, length);
  } else {
    for (const char byte : bytes.substr(at, length)) {
      out += "\\x" + number_to_hex(static_cast<unsigned char>(byte), 2);
    }
  }
  at += length;
}

size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool starts_with_digit(std::string_view cell) {
  return !cell.empty() && cell.front() >= '0' && cell.front() <= '9';
}

}  // namespace

std::string printable(std::string_view bytes, size_t limit_bytes) {
  std::string out;
  size_t at = 0;
  while (at < bytes.size() && at < limit_bytes) put_printable(bytes, at, out);
  if (at < bytes.size()) out += "… (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      out += text[at++];
    } else {
      put_printable(text, at, out);
    }
  }
  return out;
}

bool is_utf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = character_at(bytes, at).length;
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string counted(uint64_t count, std::string_view one) {
  return format_count(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string counted_of(uint64_t some, uint64_t all, std::string_view one) {
  return format_count(some) + " of " + counted(all, one);
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string formatted(double value, const char* format) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::optional<uint64_t> parse_uint(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  const size_t split = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + split, number);
  if (error != std::errc() || end != text.data() + split) return std::nullopt;
  const std::string_view unit = text.substr(split);
  double factor = 0;
  if (unit.empty() || unit == "B") factor = 1;
  else if (unit == "kB" || unit == "KB") factor = 1e3;
  else if (unit == "MB") factor = 1e6;
  else if (unit == "GB") factor = 1e9;
  else if (unit == "K" || unit == "k" || unit == "KiB") factor = 1024.0;
  else if (unit == "M" || unit == "MiB") factor = 1024.0 * 1024;
  else if (unit == "G" || unit == "GiB") factor = 1024.0 * 1024 * 1024;
  const double bytes = number * factor;
  if (factor == 0 || !(bytes < 9e18)) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

std::string format_bytes(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string format_count(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      line += starts_with_digit(row[i]) ? padding + row[i] : row[i] + padding;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string shell_quote(std::string_view word) {
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,@%+";
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string_view::npos) {
    return std::string(word);
  }
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

}  // namespace recrank
