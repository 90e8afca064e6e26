#include "harness/version_order.h"

#include <algorithm>
#include <cctype>

namespace recrank {
namespace {

bool begins_with_digit(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0;
}

// Takes a number off the front, without its leading zeros.
std::string_view take_number(std::string_view& rest) {
  size_t size = 0;
  while (begins_with_digit(rest.substr(size))) ++size;
  std::string_view number = rest.substr(0, size);
  rest.remove_prefix(size);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

int compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

// A '-' leads to what comes without it, the end of a name to what goes on otherwise.
int rank(std::string_view rest) {
  if (rest.empty()) return 1;
  return rest.front() == '-' ? 0 : 2 + static_cast<unsigned char>(rest.front());
}

int compare(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    if (begins_with_digit(a) && begins_with_digit(b)) {
      const int order = compare_numbers(take_number(a), take_number(b));
      if (order != 0) return order;
      continue;
    }
    if (rank(a) != rank(b)) return rank(a) - rank(b);
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return 0;
}

}  // namespace

bool version_less(std::string_view a, std::string_view b) {
  const int order = compare(a, b);
  return order != 0 ? order < 0 : a < b;
}

}  // namespace recrank
