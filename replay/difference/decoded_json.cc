#include "replay/difference/decoded_json.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank {
namespace {

// A value of a store holds capdata, whose body is JSON again; what lies deeper are words of others.
constexpr size_t kDecodedLevels = 2;

// `in` stands before a value of text that is JSON.
void write_decoded(JsonCursor& in, const InnerJson& inner, size_t level, std::string& out) {
  const char kind = in.peek_kind();
  if (kind == '{' || kind == '[') {
    const bool object = kind == '{';
    object ? in.enter_object() : in.enter_array();
    out += kind;
    for (bool first = true;; first = false) {
      const auto key = object ? in.next_key() : std::nullopt;
      if (object ? !key : !in.next_element()) break;
      if (!first) out += ',';
      if (object) out.append("\"").append(*key).append("\":");
      write_decoded(in, inner, level, out);
    }
    out += object ? '}' : ']';
    return;
  }
  const std::string_view raw = in.raw_value();
  if (kind == '"' && level < kDecodedLevels && inner) {
    const auto held = inner(json_unescape(raw));
    if (held && is_json(*held)) {
      JsonCursor inside(*held);
      return write_decoded(inside, inner, level + 1, out);
    }
  }
  out += raw;
}

}  // namespace

bool is_json(std::string_view text) {
  try {
    JsonCursor whole(text);
    whole.skip_value();
    whole.expect_end();
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string decoded_json(std::string_view text, const InnerJson& inner) {
  if (!is_json(text)) return std::string(text);
  std::string out;
  JsonCursor in(text);
  write_decoded(in, inner, 0, out);
  return out;
}

}  // namespace recrank
