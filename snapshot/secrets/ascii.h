// Letters of ASCII, whatever the machine's language.
#pragma once

#include <string>
#include <string_view>

namespace recrank {

[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

}  // namespace recrank
