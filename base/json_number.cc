#include "base/json_number.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "base/text.h"

namespace recrank {
namespace {

// Wider numbers are written with an exponent, so that a short text cannot ask for a long one.
constexpr int64_t kPlainDigitsMax = 40;
constexpr int64_t kExponentMost = 1'000'000'000'000'000;

struct Decimal {
  std::string digits;  // none of them zero at either end; empty: it is zero
  int64_t exponent = 0;
};

Decimal decimal_of(std::string_view mantissa, int64_t exponent) {
  Decimal decimal{"", exponent};
  bool fraction = false;
  for (const char c : mantissa) {
    if (c == '.') fraction = true;
    if (!is_digit(c)) continue;
    decimal.digits += c;
    if (fraction) --decimal.exponent;
  }
  const size_t last = decimal.digits.find_last_not_of('0');
  const size_t kept = last == std::string::npos ? 0 : last + 1;
  decimal.exponent += static_cast<int64_t>(decimal.digits.size() - kept);
  decimal.digits.resize(kept);
  decimal.digits.erase(0, std::min(decimal.digits.find_first_not_of('0'), decimal.digits.size()));
  return decimal;
}

std::string text_of(const Decimal& decimal) {
  const auto size = static_cast<int64_t>(decimal.digits.size());
  const int64_t point = size + decimal.exponent;  // digits before it
  if (size == 0) return "0";
  if (decimal.exponent >= 0 && point <= kPlainDigitsMax) {
    return decimal.digits + std::string(static_cast<size_t>(decimal.exponent), '0');
  }
  if (decimal.exponent < 0 && point > 0) {
    const auto whole = static_cast<size_t>(point);
    return decimal.digits.substr(0, whole) + "." + decimal.digits.substr(whole);
  }
  if (decimal.exponent < 0 && point > -kPlainDigitsMax) {
    return "0." + std::string(static_cast<size_t>(-point), '0') + decimal.digits;
  }
  return decimal.digits + "e" + std::to_string(decimal.exponent);
}

}  // namespace

std::string json_number(std::string_view raw) {
  const bool negative = raw.starts_with('-');
  const std::string_view number = raw.substr(negative ? 1 : 0);
  const size_t mark = std::min(number.find_first_of("eE"), number.size());
  std::string_view power = number.substr(std::min(mark + 1, number.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  int64_t exponent = 0;
  const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
  const bool too_wide = error == std::errc::result_out_of_range || exponent > kExponentMost ||
                        exponent < -kExponentMost;
  if (too_wide) return std::string(raw);
  return (negative ? "-" : "") + text_of(decimal_of(number.substr(0, mark), exponent));
}

}  // namespace recrank
