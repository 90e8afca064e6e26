#include "harness/engines/version_order.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace recrank {
namespace {

// The digits at the front, without leading zeros; `text` goes on behind them.
std::string_view take_number(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  std::string_view number = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

// Whether `text` ends in a number with a dot in it: "xsnap-0.15.0".
bool ends_in_version(std::string_view text) {
  const auto part_of_version = [](char c) { return is_digit(c) || c == '.'; };
  const auto begin = std::find_if_not(text.rbegin(), text.rend(), part_of_version).base();
  const std::string_view version = text.substr(static_cast<size_t>(begin - text.begin()));
  return !version.empty() && is_digit(version.back()) &&
         version.find('.') != std::string_view::npos;
}

// Below, at or above 0 as a stands before, with or behind b.
int compare(std::string_view a, std::string_view b) {
  const std::string_view whole = a;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_number(a);
      const std::string_view y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int order = x.compare(y); order != 0) return order;
      continue;
    }
    if (a.front() != b.front()) break;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  const bool prerelease = ends_in_version(whole.substr(0, whole.size() - a.size()));
  if (prerelease && a.starts_with('-') != b.starts_with('-')) return a.starts_with('-') ? -1 : 1;
  return a.compare(b);  // one that ends stands first
}

}  // namespace

bool version_less(std::string_view a, std::string_view b) {
  const int order = compare(a, b);
  return order != 0 ? order < 0 : a.compare(b) < 0;
}

}  // namespace recrank
