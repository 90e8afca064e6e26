// Format: docs/formats/slog.md ("Ends")
#include "snapshot/agoric/slog/slog_end.h"

#include <optional>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank::agoric {
namespace {

constexpr size_t kWordsBytesMax = 300;

// The member `name` of the object `text`, raw; empty when it is not there or the text is damaged.
std::string_view member_or_nothing(std::string_view text, std::string_view name) {
  try {
    JsonCursor cursor(text);
    cursor.enter_object();
    while (const auto key = cursor.next_key()) {
      const std::string_view raw = cursor.raw_value();
      if (*key == name) return raw;
    }
  } catch (const Error&) {
    return {};  // words for people: what cannot be read is shown as it stands
  }
  return {};
}

std::string words(std::string_view text) { return printable(text, kWordsBytesMax); }

}  // namespace

std::string words_of_value(std::string_view value) {
  if (value.empty()) return "";
  if (value.front() == '"') return words(json_unescape(value));
  for (const std::string_view name : {"#error", "message"}) {
    const std::string_view text = member_or_nothing(value, name);
    if (!text.empty() && text.front() == '"') return words(json_unescape(text));
  }
  return words(value);
}

std::string words_of_capdata(std::string_view capdata) {
  const std::string_view raw = member_or_nothing(capdata, "body");
  if (raw.empty() || raw.front() != '"') return capdata == "{}" ? "" : words(capdata);
  const std::string body = json_unescape(raw);
  return words_of_value(std::string_view(body).substr(body.starts_with('#') ? 1 : 0));
}

std::string words_of_termination(std::string_view record) {
  return words_of_capdata(member_or_nothing(record, "info"));
}

std::string failure_of(std::string_view deliver_result) {
  const std::string_view raw = member_or_nothing(deliver_result, "dr");
  try {
    JsonCursor result(raw);
    result.enter_array();
    if (!result.next_element() || result.string_value() != "error") return "";
    return result.next_element() ? words_of_value(result.raw_value()) : "";
  } catch (const Error&) {
    return "";
  }
}

}  // namespace recrank::agoric
