// The last words of a program as lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace recrank {

using WordLines = std::vector<std::string_view>;

// Slices of `text`; without the empty lines at its end.
[[nodiscard]] WordLines lines_of_words(std::string_view text);

// Without blanks at either end.
[[nodiscard]] std::string_view without_spaces(std::string_view text);

}  // namespace recrank
