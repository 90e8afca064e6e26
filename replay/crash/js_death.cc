#include "replay/crash/js_death.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/escape_sequences.h"
#include "base/text.h"
#include "replay/crash/word_lines.h"

namespace recrank {
namespace {

using Lines = WordLines;

// Between the error's line and its frames: the rest of its message and what else it holds.
constexpr size_t kDetailLinesMax = 200;
constexpr size_t kErrorNameBytesMax = 80;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '.';
}

// "Bun v1.3.14 (Linux x64)". The banner of a native crash has a commit and stands at the top.
bool ends_bun(std::string_view line) {
  constexpr std::string_view kBegin = "Bun v";
  line = without_spaces(line);
  if (!line.starts_with(kBegin) || !line.ends_with(')')) return false;
  line.remove_prefix(kBegin.size());
  const size_t version = line.find(' ');
  return is_digit(line.front()) && version != std::string_view::npos && line[version + 1] == '(' &&
         line.find('(', version + 2) == std::string_view::npos;
}

bool ends_node(std::string_view line) {
  constexpr std::string_view kBegin = "Node.js v";
  line = without_spaces(line);
  return line.starts_with(kBegin) && line.size() > kBegin.size() && is_digit(line[kBegin.size()]) &&
         line.find(' ', kBegin.size()) == std::string_view::npos;
}

bool is_frame(std::string_view line) {
  return line.starts_with("    ") && without_spaces(line).starts_with("at ");
}

// Below the line of source: where in it. A line of a bundle has thousands of spaces before it.
bool is_caret(std::string_view line) {
  const std::string_view mark = without_spaces(line);
  return !mark.empty() && mark.find_first_not_of('^') == std::string_view::npos;
}

// "TypeError: words", "error: words", "Error [ERR_X]: words", "Error".
std::optional<JsDeath> parse_head(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && is_word(line[end])) ++end;
  const std::string_view name = line.substr(0, end);
  const bool known = name == "error" || name.ends_with("Error") || name.ends_with("Exception") ||
                     name == "UnhandledPromiseRejection";
  if (!known || name.size() > kErrorNameBytesMax) return std::nullopt;
  std::string_view rest = line.substr(end);
  if (rest.starts_with(" [")) rest.remove_prefix(std::min(rest.find(']') + 1, rest.size()));
  if (!rest.empty() && rest.front() != ':') return std::nullopt;
  JsDeath death;
  // Bun says "error" of what is a plain Error.
  death.name = name == "Error" ? "error" : name;
  death.message = without_spaces(rest.substr(std::min<size_t>(1, rest.size())));
  return death;
}

struct JsFrame {
  std::string_view function;  // empty: not told
  std::string_view place;     // "node:events", "/srv/app.js"; without line and column
};

// "    at f (/srv/app.js:1:73) {", "    at async file:///srv/app.js:1:7"
JsFrame parse_frame(std::string_view line) {
  line = without_spaces(line);
  line.remove_prefix(3);  // "at "
  if (line.ends_with(" {")) line.remove_suffix(2);
  JsFrame frame;
  if (const size_t open = line.rfind(" ("); open != std::string_view::npos && line.ends_with(')')) {
    frame.function = line.substr(0, open);
    line = line.substr(open + 2, line.size() - open - 3);
  } else if (line.starts_with("async ")) {
    line.remove_prefix(6);
  }
  for (int number = 0; number < 2; ++number) {
    const size_t digits = line.find_last_not_of("0123456789");
    if (digits == std::string_view::npos || digits + 1 == line.size() || line[digits] != ':') break;
    line = line.substr(0, digits);
  }
  frame.place = line;
  return frame;
}

// The base name of a file that is not the runtime's; empty: it is none.
std::string user_file(const JsFrame& frame) {
  constexpr std::array<std::string_view, 3> kInner{"node:", "bun:", "internal:"};
  const std::string_view place = frame.place;
  const auto begins = [&](std::string_view prefix) { return place.starts_with(prefix); };
  if (std::any_of(kInner.begin(), kInner.end(), begins)) return "";
  const size_t slash = place.rfind('/');
  // A file has a directory: "native", "<anonymous>", "unknown" have none.
  return slash == std::string_view::npos ? "" : std::string(place.substr(slash + 1));
}

void take_frame(std::string_view line, JsDeath& death) {
  if (death.file.empty()) death.file = user_file(parse_frame(line));
}

// The last caret from `first` on and before `end`.
std::optional<size_t> last_caret(const Lines& lines, size_t first, size_t end) {
  for (size_t at = end; at > first; --at) {
    if (is_caret(lines[at - 1])) return at - 1;
  }
  return std::nullopt;
}

// Where what belongs to the frames at `first` may begin: behind the frames of an earlier error.
size_t begin_of_error(const Lines& lines, size_t first) {
  size_t begin = first;
  while (begin > 0 && first - begin < kDetailLinesMax && !is_frame(lines[begin - 1])) --begin;
  return begin;
}

// The frames stand above the last line; above them, what the error holds; above that, its own line.
std::optional<JsDeath> parse_bun(const Lines& lines) {
  size_t end = lines.size() - 1;
  while (end > 0 && without_spaces(lines[end - 1]).empty()) --end;
  size_t first = end;
  while (first > 0 && is_frame(lines[first - 1])) --first;
  if (first == end) return std::nullopt;
  const size_t begin = begin_of_error(lines, first);
  std::optional<JsDeath> death;
  if (const auto caret = last_caret(lines, begin, first); caret && *caret + 1 < first) {
    death = parse_head(lines[*caret + 1]);
  } else {
    for (size_t at = first; at > begin && !death; --at) death = parse_head(lines[at - 1]);
  }
  if (!death) return std::nullopt;
  const JsFrame innermost = parse_frame(lines[first]);
  const bool unheard = innermost.function == "emitError" && innermost.place == "node:events";
  if (unheard) death->raise = JsRaise::kUnheardErrorEvent;
  for (size_t at = first; at < end; ++at) take_frame(lines[at], *death);
  return death;
}

// Below the caret: an empty line, the error's own line, its frames, those of the emit, and what the
// error holds, which may be errors with frames of their own.
std::optional<JsDeath> parse_node(const Lines& lines) {
  const size_t last = lines.size() - 1;
  const auto caret = last_caret(lines, last - std::min(last, kDetailLinesMax), last);
  if (!caret) return std::nullopt;
  size_t at = *caret + 1;
  while (at < lines.size() && without_spaces(lines[at]).empty()) ++at;
  std::optional<JsDeath> death = parse_head(lines[at]);
  if (!death) return std::nullopt;
  constexpr std::string_view kUnheard = "// Unhandled 'error' event";
  const bool says = *caret > 0 && without_spaces(lines[*caret - 1]).ends_with(kUnheard);
  if (says) death->raise = JsRaise::kUnheardErrorEvent;
  if (death->name == "UnhandledPromiseRejection") death->raise = JsRaise::kUnhandledRejection;
  while (at + 1 < lines.size() && !is_frame(lines[at])) ++at;  // the rest of its message
  if (!is_frame(lines[at])) return std::nullopt;
  for (; at < lines.size(); ++at) {
    const bool frame = is_frame(lines[at]);
    if (!frame && !lines[at].starts_with("Emitted 'error' event")) break;
    if (frame) take_frame(lines[at], *death);
    if (lines[at].ends_with(" {")) break;
  }
  return death;
}

}  // namespace

std::string_view to_string(JsRaise raise) {
  switch (raise) {
    case JsRaise::kUnheardErrorEvent: return "unheard-error-event";
    case JsRaise::kUnhandledRejection: return "unhandled-rejection";
    case JsRaise::kUncaught: return "uncaught";
  }
  return "uncaught";
}

std::optional<JsDeath> parse_js_death(std::string_view words) {
  std::string store;
  const std::string_view plain = without_escapes(words, store);
  const Lines lines = lines_of_words(plain);
  if (lines.empty()) return std::nullopt;
  if (ends_bun(lines.back())) return parse_bun(lines);
  if (ends_node(lines.back())) return parse_node(lines);
  return std::nullopt;
}

}  // namespace recrank
