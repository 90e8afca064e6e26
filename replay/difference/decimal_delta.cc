#include "replay/difference/decimal_delta.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace recrank {
namespace {

struct Whole {
  bool negative = false;
  std::string_view digits = {};  // without zeros before them; of zero none
};

std::optional<Whole> whole_of(std::string_view text) {
  Whole number;
  if (text.starts_with('-') || text.starts_with('+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > kDeltaDigitsMax) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  number.digits = text.substr(std::min(text.find_first_not_of('0'), text.size()));
  return number;
}

bool less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// Digits from the last one on, `more` not being less than `other`.
std::string combined(std::string_view more, std::string_view other, int sign) {
  std::string out;
  int carry = 0;
  for (size_t i = 0; i < more.size() || carry != 0; ++i) {
    const int x = i < more.size() ? more[more.size() - 1 - i] - '0' : 0;
    const int y = i < other.size() ? other[other.size() - 1 - i] - '0' : 0;
    const int digit = x + sign * y + carry;
    out += static_cast<char>('0' + (digit + 10) % 10);
    carry = digit < 0 ? -1 : digit / 10;
  }
  while (!out.empty() && out.back() == '0') out.pop_back();
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

std::string decimal_delta(std::string_view from, std::string_view to) {
  const auto a = whole_of(from);
  const auto b = whole_of(to);
  if (!a || !b) return {};
  const bool from_is_less = less(a->digits, b->digits);
  const std::string_view more = from_is_less ? b->digits : a->digits;
  const std::string_view other = from_is_less ? a->digits : b->digits;
  const bool apart = a->negative != b->negative;
  const std::string distance = combined(more, other, apart ? 1 : -1);
  if (distance.empty()) return {};
  const bool down = apart ? !a->negative : from_is_less == a->negative;
  return (down ? "-" : "+") + distance;
}

}  // namespace recrank
