#include "harness/console/markdown.h"

#include <algorithm>
#include <sstream>

#include "base/text.h"

namespace recrank {
namespace {

constexpr std::string_view kSpecial = "\\`*_{}[]<>()#+-!|~&@";

// Longer lines are cut; a reproducer should never be.
constexpr size_t kLineBytesMax = size_t{16} << 10;

size_t longest_run(std::string_view text, char wanted) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) {
    run = c == wanted ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// Characters that need escaping only where a line begins are left alone inside words, so that
// "bun-1.3.13" and "f(x)" stay readable.
bool needs_escape(std::string_view text, size_t at) {
  const char c = text[at];
  if (kSpecial.find(c) == std::string_view::npos) return false;
  if (c == '-' || c == '+' || c == '#') return at == 0;
  if (c == '(' || c == ')' || c == '!' || c == '{' || c == '}') return false;
  return true;
}

}  // namespace

std::string markdown_text(std::string_view text) {
  const std::string shown = printable(text);
  std::string out;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (needs_escape(shown, i)) out += '\\';
    out += shown[i];
  }
  return out;
}

std::string markdown_block(std::string_view language, std::string_view text) {
  std::string clean;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    clean += printable(line, kLineBytesMax) + "\n";
  }
  const std::string fence(std::max<size_t>(3, longest_run(clean, '`') + 1), '`');
  return fence + std::string(language) + "\n" + clean + fence + "\n";
}

std::string markdown_url(std::string_view url) {
  const bool web = url.starts_with("https://") || url.starts_with("http://");
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 32 && byte < 127 &&
           std::string_view("()<>[]\\\"`").find(c) == std::string_view::npos;
  });
  return web && plain ? std::string(url) : "#";
}

}  // namespace recrank
