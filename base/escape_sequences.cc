#include "base/escape_sequences.h"

#include <algorithm>

namespace recrank {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kSpelt = "#033[";

// Behind the ESC or its spelling: "[31m", "]0;title BEL".
size_t end_of_sequence(std::string_view text, size_t at) {
  if (at >= text.size()) return at;
  if (text[at] == ']') {
    const size_t bell = text.find('\a', at);
    return bell == std::string_view::npos ? at + 1 : bell + 1;
  }
  if (text[at] != '[') return at + 1;
  ++at;
  while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

std::string_view without_escapes(std::string_view text, std::string& store) {
  if (text.find(kEscape) == std::string_view::npos && text.find(kSpelt) == std::string_view::npos)
    return text;
  store.clear();
  for (size_t at = 0; at < text.size();) {
    if (text[at] == kEscape) {
      at = end_of_sequence(text, at + 1);
    } else if (text.substr(at, kSpelt.size()) == kSpelt) {
      at = end_of_sequence(text, at + kSpelt.size() - 1);
    } else {
      store += text[at++];
    }
  }
  return store;
}

}  // namespace recrank
