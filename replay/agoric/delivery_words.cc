#include "replay/agoric/delivery_words.h"

#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

// Method name of ["message",target,{"method":…}] or of {"methargs":{"body":"#[\"name\",…]"}}.
std::string method_of(std::string_view message) {
  JsonCursor cursor(message);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const std::string_view value = cursor.raw_value();
    if (*key == "method") return json_unescape(value);
    if (*key != "methargs") continue;
    JsonCursor args(value);
    args.enter_object();
    while (const auto inner = args.next_key()) {
      const std::string_view body = args.raw_value();
      if (*inner != "body") continue;
      const std::string text = json_unescape(body);
      JsonCursor list(std::string_view(text).substr(text.rfind('#', 0) == 0 ? 1 : 0));
      list.enter_array();
      return list.next_element() ? json_unescape(list.raw_value()) : "";
    }
  }
  return "";
}

}  // namespace

std::string delivery_words(std::string_view delivery) {
  JsonCursor cursor(delivery);
  if (cursor.peek_kind() != '[') return std::string(delivery);  // a program's event
  cursor.enter_array();
  if (!cursor.next_element()) return "";
  std::string words = cursor.string_value();
  if (!cursor.next_element()) return words;
  const std::string_view second = cursor.raw_value();
  if (second.front() != '"') return words;
  words += " " + json_unescape(second);
  if (cursor.next_element()) words += " " + method_of(cursor.raw_value());
  return words;
}

}  // namespace recrank::agoric
