#include "replay/crash/word_lines.h"

#include <algorithm>

namespace recrank {

std::string_view without_spaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
}

WordLines lines_of_words(std::string_view text) {
  WordLines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!lines.empty() && without_spaces(lines.back()).empty()) lines.pop_back();
  return lines;
}

}  // namespace recrank
