#include "replay/compare/agreeing_json.h"

#include <map>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank {
namespace {

bool agrees(std::string_view a, std::string_view b);

bool arrays_agree(JsonCursor& a, JsonCursor& b) {
  a.enter_array();
  b.enter_array();
  bool equal = true;
  while (equal && a.next_element() && b.next_element())
    equal = agrees(a.raw_value(), b.raw_value());
  return equal;
}

bool objects_agree(JsonCursor& a, JsonCursor& b) {
  std::map<std::string_view, std::string_view> members;
  a.enter_object();
  while (const auto key = a.next_key()) members[*key] = a.raw_value();
  b.enter_object();
  while (const auto key = b.next_key()) {
    const auto other = members.find(*key);
    const std::string_view value = b.raw_value();
    if (other != members.end() && !agrees(other->second, value)) return false;
  }
  return true;
}

// Both are values that a cursor has passed over, so they are well formed and not too deep.
bool agrees(std::string_view a, std::string_view b) {
  JsonCursor x(a);
  JsonCursor y(b);
  const char kind = x.peek_kind();
  if (kind != y.peek_kind()) return false;
  if (kind == '[') return arrays_agree(x, y);
  if (kind == '{') return objects_agree(x, y);
  return json_equal(a, b);
}

}  // namespace

bool json_agrees(std::string_view a, std::string_view b) {
  if (a == b) return true;
  try {
    for (const std::string_view text : {a, b}) {
      JsonCursor whole(text);
      whole.skip_value();
      whole.expect_end();
    }
    return agrees(a, b);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace recrank
