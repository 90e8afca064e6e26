#include "base/json_place.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank {
namespace {

std::string unescaped(std::string_view part) {
  std::string text;
  for (size_t i = 0; i < part.size(); ++i) {
    const bool escape = part[i] == '~' && i + 1 < part.size();
    text += escape ? (part[++i] == '1' ? '/' : '~') : part[i];
  }
  return text;
}

}  // namespace

std::string json_pointer(std::string_view pointer, std::string_view part) {
  std::string longer(pointer);
  longer += '/';
  for (const char c : part) {
    if (c == '~') longer += "~0";
    else if (c == '/') longer += "~1";
    else longer += c;
  }
  return longer;
}

JsonPlace place_of_byte(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  return {lines + 1, before.size() - line_begin + 1};
}

// Walks the text once. Places are counted on from the last one, so that the walk is linear.
class JsonPlaceReader {
 public:
  explicit JsonPlaceReader(std::string_view text) : text_(text), cursor_(text) {}

  JsonPlaces read() {
    try {
      static_cast<void>(cursor_.peek_kind());
      places_.root_ = place(cursor_.position());
      enter(0, 0);
      cursor_.expect_end();
    } catch (const Error& error) {
      if (told_) throw;
      std::string what = error.what();
      what = what.substr(0, what.rfind(" at byte "));
      fail(place_of_byte(text_, cursor_.position()), what);
    }
    return std::move(places_);
  }

 private:
  [[noreturn]] void fail(JsonPlace place, const std::string& what) {
    told_ = true;
    throw Error(ErrorCode::kInvalidData,
                std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + what);
  }

  JsonPlace place(size_t byte) {
    for (; at_ < byte; ++at_) {
      if (text_[at_] == '\n') {
        ++here_.line;
        here_.column = 1;
      } else {
        ++here_.column;
      }
    }
    return here_;
  }

  // The value at the cursor, which has the number `node`.
  void enter(size_t node, size_t depth) {
    const char kind = cursor_.peek_kind();
    const JsonPlace here = place(cursor_.position());
    if (depth > kJsonPlaceDepthMax) fail(here, "JSON: nesting too deep");
    if (kind == '{') return enter_object(node, depth);
    if (kind == '[') return enter_array(node, depth);
    const std::string_view raw = cursor_.raw_value();
    if (kind == '0' && !std::isfinite(std::strtod(std::string(raw).c_str(), nullptr))) {
      fail(here, "JSON: a number that is too large");
    }
  }

  void enter_object(size_t node, size_t depth) {
    cursor_.enter_object();
    while (const auto key = cursor_.next_key()) {
      const JsonPlace here = place(static_cast<size_t>(key->data() - text_.data()) - 1);
      const auto [known, fresh] =
          places_.nodes_.try_emplace({node, json_unescape(*key)}, JsonPlaces::Node{++last_, here});
      if (!fresh) {
        fail(here, "JSON: the key \"" + printable(*key, 60) + "\" stands in line " +
                       std::to_string(known->second.place.line) + " already");
      }
      enter(last_, depth + 1);
    }
  }

  void enter_array(size_t node, size_t depth) {
    cursor_.enter_array();
    for (size_t i = 0; cursor_.next_element(); ++i) {
      static_cast<void>(cursor_.peek_kind());  // passes the white space before it
      const JsonPlaces::Node element{++last_, place(cursor_.position())};
      places_.nodes_.try_emplace({node, std::to_string(i)}, element);
      enter(element.number, depth + 1);
    }
  }

  std::string_view text_;
  JsonCursor cursor_;
  JsonPlaces places_;
  size_t at_ = 0;  // the byte that `here_` is the place of
  JsonPlace here_;
  size_t last_ = 0;  // number given to a value
  bool told_ = false;
};

JsonPlaces JsonPlaces::of(std::string_view text) { return JsonPlaceReader(text).read(); }

JsonPlace JsonPlaces::find(std::string_view pointer) const {
  JsonPlace place = root_;
  size_t node = 0;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    const auto known = nodes_.find({node, unescaped(pointer.substr(0, end))});
    if (known == nodes_.end()) break;
    place = known->second.place;
    node = known->second.number;
    pointer.remove_prefix(end);
  }
  return place;
}

}  // namespace recrank
