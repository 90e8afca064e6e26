#include "replay/difference/decimal_delta.h"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>

#include "base/text.h"

namespace recrank {
namespace {

using Whole = boost::multiprecision::cpp_int;

std::optional<Whole> whole_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > kDeltaDigitsMax) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  // A zero in front would make it octal.
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  const Whole number = text.empty() ? Whole(0) : Whole(std::string(text));
  return negative ? Whole(-number) : number;
}

}  // namespace

std::string decimal_delta(std::string_view from, std::string_view to) {
  const auto a = whole_of(from);
  const auto b = whole_of(to);
  if (!a || !b || *a == *b) return {};
  const Whole delta = *b - *a;
  return (delta > 0 ? "+" : "") + delta.str();
}

}  // namespace recrank
