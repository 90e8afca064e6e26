#include "snapshot/secrets/settings_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "snapshot/secrets/json_settings.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

constexpr size_t kDepthMax = 64;
constexpr size_t kNameBytesMax = 200;
constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text, std::string_view of = kBlanks) {
  const size_t first = text.find_first_not_of(of);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(of) + 1 - first);
}

bool is_comment(std::string_view line) {
  return line.starts_with('#') || line.starts_with(';') || line.starts_with("//");
}

// Up to the next mark that stands outside of quotes.
size_t end_of_piece(std::string_view line, std::string_view marks) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      else if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      // An apostrophe within a word is none.
      const bool opens = i == 0 || kBlanks.find(line[i - 1]) != kBlanks.npos ||
                         "=:[{(,"sv.find(line[i - 1]) != std::string_view::npos;
      if (opens) quote = c;
    } else if (marks.find(c) != marks.npos) {
      return i;
    }
  }
  return line.size();
}

struct Value {
  std::string_view text;
  bool quoted = false;
};

Value value_of(std::string_view raw) {
  raw = trimmed(raw);
  for (const char quote : {'"', '\''}) {
    if (!raw.starts_with(quote)) continue;
    size_t begin = raw.find_first_not_of(quote);
    if (begin == raw.npos) return {"", true};
    begin = std::min<size_t>(begin, 3);
    const size_t end = raw.find(quote, begin);
    return {raw.substr(begin, end == raw.npos ? end : end - begin), true};
  }
  const size_t comment = raw.find(" #");
  if (comment != raw.npos) raw = raw.substr(0, comment);
  return {trimmed(raw, " \t\r,;)]}"), false};
}

struct Pair {
  std::string_view name;
  std::string_view raw;  // all behind the mark
};

// "name = value", "name: value", "\"name\": value", "export name=value", "let the_name := value".
std::optional<Pair> pair_of(std::string_view piece) {
  piece = trimmed(piece);
  size_t mark = 0;
  Pair pair;
  const char first = piece.empty() ? '\0' : piece.front();
  if (first == '"' || first == '\'') {
    const size_t end = piece.find(first, 1);
    if (end == piece.npos) return std::nullopt;
    pair.name = piece.substr(1, end - 1);
    mark = piece.find_first_not_of(kBlanks, end + 1);
    if (mark == piece.npos || (piece[mark] != ':' && piece[mark] != '=')) return std::nullopt;
  } else {
    mark = piece.find_first_of("=:");
    if (mark == piece.npos) return std::nullopt;
    pair.name = trimmed(piece.substr(0, mark), " \t\r?+");
    const size_t blank = pair.name.find_last_of(" \t");
    if (blank != pair.name.npos) pair.name.remove_prefix(blank + 1);
    pair.name = trimmed(pair.name, "\"'`$@(<[-");
  }
  // An address: the mark stands within a word.
  if (piece.substr(mark).starts_with("://")) return std::nullopt;
  if (pair.name.empty() || pair.name.size() > kNameBytesMax) return std::nullopt;
  size_t behind = mark + 1;
  while (behind < piece.size() && "=>:"sv.find(piece[behind]) != std::string_view::npos) ++behind;
  pair.raw = trimmed(piece.substr(behind));
  return pair;
}

// What says that the value comes on the lines that follow.
bool opens_value(std::string_view raw) {
  constexpr std::array kOpen{""sv,  "|"sv, ">"sv, "|-"sv, ">-"sv,     "|+"sv,  ">+"sv,
                             "["sv, "{"sv, "("sv, "\\"sv, "\"\"\""sv, "'''"sv, "[["sv};
  return std::find(kOpen.begin(), kOpen.end(), raw) != kOpen.end() || raw.starts_with("!!") ||
         (raw.starts_with('&') && raw.find(' ') == raw.npos);
}

class Lines {
 public:
  Lines(std::string_view text, const std::function<bool(const Setting&)>& visit)
      : text_(text), visit_(visit) {}

  bool run() {
    for (size_t at = 0; at < text_.size() && !told_;) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      offset_ = at;
      line(text_.substr(at, end - at));
      at = end + 1;
    }
    return told_;
  }

 private:
  struct Level {
    size_t indent = 0;
    std::string name;
    bool bracket = false;  // goes on to its closing one, however that is indented
  };

  void line(std::string_view whole);
  void close_levels(std::string_view rest, size_t indent, bool item);
  void pieces(std::string_view rest, size_t indent);
  void one_pair(const Pair& pair, size_t indent);
  void environment(std::string_view words);
  void tell(std::string_view name, Value value);

  std::string_view text_;
  const std::function<bool(const Setting&)>& visit_;
  std::string section_;
  std::vector<Level> levels_;
  std::string named_;    // what "- name: x" said last
  std::string pending_;  // a name whose value may stand on the next line
  size_t offset_ = 0;
  bool told_ = false;
};

void Lines::line(std::string_view whole) {
  const size_t indent = std::min(whole.find_first_not_of(kBlanks), whole.size());
  std::string_view rest = trimmed(whole);
  if (rest.empty() || is_comment(rest)) return;
  size_t inner = indent;
  bool item = false;
  while (rest.starts_with("- ") || rest == "-") {
    item = true;
    rest = trimmed(rest.substr(1));
    inner += 2;
  }
  close_levels(rest, indent, item);
  const bool bracket = !levels_.empty() && levels_.back().bracket;
  if (!bracket && rest.starts_with('[') && rest.ends_with(']') &&
      rest.find_first_of("\"'=,") == rest.npos) {
    section_ = std::string(trimmed(rest, "[] \t"));
    levels_.clear();
    return;
  }
  for (const std::string_view word : {"Environment="sv, "ENV "sv, "PassEnvironment="sv}) {
    if (!rest.starts_with(word)) continue;
    environment(rest.substr(word.size()));
    return;
  }
  pieces(rest, item ? inner : indent);
}

void Lines::close_levels(std::string_view rest, size_t indent, bool item) {
  const bool closes = rest.starts_with(']') || rest.starts_with('}') || rest.starts_with(')') ||
                      rest.starts_with("\"\"\"") || rest.starts_with("'''");
  while (!levels_.empty()) {
    const Level& last = levels_.back();
    if (last.bracket) {
      if (!closes) return;
      levels_.pop_back();
      return;
    }
    // The items of a list may stand as far out as its name.
    if (indent > last.indent || (item && indent == last.indent)) return;
    levels_.pop_back();
  }
}

void Lines::pieces(std::string_view rest, size_t indent) {
  const std::string before = std::exchange(pending_, "");
  const std::string_view marks = ",{}"sv;
  bool any = false;
  for (std::string_view left = rest; !left.empty() && !told_;) {
    const size_t end = end_of_piece(left, marks);
    // "name: {" and "name = [" open; the mark belongs to the piece.
    const bool opens = end < left.size() && left[end] == '{' && end + 1 == left.size();
    const std::string_view piece = trimmed(left.substr(0, opens ? end + 1 : end));
    left.remove_prefix(std::min(end + 1, left.size()));
    if (const auto pair = pair_of(piece)) {
      any = true;
      one_pair(*pair, indent);
    } else if (!piece.empty() && (!levels_.empty() || !before.empty() || any)) {
      // A value of a name that stands before: of a list, of a block, or on the line before.
      if (levels_.empty() && !before.empty()) tell(before, value_of(piece));
      else if (!levels_.empty()) tell("", value_of(trimmed(piece, " \t\r[]()")));
    }
  }
}

void Lines::one_pair(const Pair& pair, size_t indent) {
  if (opens_value(pair.raw)) {
    pending_ = std::string(pair.name);
    const char last = pair.raw.empty() ? '\0' : pair.raw.back();
    const bool bracket = last == '[' || last == '{' || last == '(' || last == '"' || last == '\'';
    if (levels_.size() < kDepthMax) levels_.push_back({indent, std::string(pair.name), bracket});
    return;
  }
  std::string_view raw = pair.raw;
  if (raw.starts_with('[')) raw = trimmed(raw, "[] \t");
  const Value value = value_of(raw);
  if (pair.name == "name" || pair.name == "key") named_ = std::string(value.text);
  if (pair.name == "value" && !named_.empty()) tell(std::exchange(named_, ""), value);
  else tell(pair.name, value);
}

// Environment="A=1" "B=2" C=3
void Lines::environment(std::string_view words) {
  for (words = trimmed(words); !words.empty() && !told_; words = trimmed(words)) {
    const size_t end = end_of_piece(words, " \t");
    if (const auto pair = pair_of(trimmed(words.substr(0, end), "\"'"))) {
      tell(pair->name, value_of(trimmed(pair->raw, "\"'")));
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

void Lines::tell(std::string_view name, Value value) {
  if (told_) return;
  Setting setting;
  if (!section_.empty()) setting.names.push_back(section_);
  for (const Level& level : levels_) setting.names.push_back(level.name);
  if (!name.empty()) setting.names.emplace_back(name);
  if (setting.names.empty()) return;
  setting.value = std::string(value.text);
  setting.quoted = value.quoted;
  setting.offset = offset_;
  told_ = visit_(setting);
}

}  // namespace

bool visit_settings(std::string_view text, const std::function<bool(const Setting&)>& visit) {
  const JsonSettings json = visit_json_settings(text, visit);
  if (json != JsonSettings::kNoJson) return json == JsonSettings::kTold;
  return Lines(text, visit).run();
}

}  // namespace recrank
