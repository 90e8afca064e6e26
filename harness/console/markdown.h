// Text that others brought along, fit for Markdown.
#pragma once

#include <string>
#include <string_view>

namespace recrank {

// Everything that means something in GitHub-flavoured Markdown escaped, control bytes shown as
// words: fit for a heading, a paragraph or a cell of a table.
[[nodiscard]] std::string markdown_text(std::string_view text);

// A fenced block that `text` cannot break out of: its fence is longer than any in it.
[[nodiscard]] std::string markdown_block(std::string_view language, std::string_view text);

// For the parentheses of a link: http and https only, else "#".
[[nodiscard]] std::string markdown_url(std::string_view url);

}  // namespace recrank
