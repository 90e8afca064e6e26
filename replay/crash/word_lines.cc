#include "replay/crash/word_lines.h"

#include <algorithm>

#include "base/text.h"

namespace recrank {

std::string_view without_spaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
}

std::string without_colours(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\x1b' || at + 1 >= text.size() || text[at + 1] != '[') {
      plain += text[at];
      continue;
    }
    for (at += 2; at < text.size() && (is_digit(text[at]) || text[at] == ';');) ++at;
  }
  return plain;
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
