// Format: docs/formats/journal.md, "Calls"
#include "snapshot/journal/http_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/json_cursor.h"
#include "base/json_number.h"
#include "base/text.h"

namespace recrank::program {
namespace {

constexpr size_t kMsDigits = 13;
constexpr std::string_view kUuidForm = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
constexpr std::string_view kTimeForm = "0000-00-00T00:00:00";

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool begins_as(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool fits = form[i] == 'h'   ? is_hex(text[i])
                      : form[i] == '0' ? is_digit(text[i])
                                       : text[i] == form[i];
    if (!fits) return false;
  }
  return true;
}

// Of the time that `text` begins with: its fraction and its zone belong to it.
size_t time_bytes(std::string_view text) {
  size_t end = kTimeForm.size();
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    for (++end; end < text.size() && is_digit(text[end]);) ++end;
  }
  if (end < text.size() && text[end] == 'Z') return end + 1;
  const bool zone = begins_as(text.substr(std::min(end, text.size())), "+00:00") ||
                    begins_as(text.substr(std::min(end, text.size())), "-00:00");
  return zone ? end + 6 : end;
}

bool is_time_in_ms(std::string_view number) {
  return number.size() == kMsDigits && number.front() == '1' &&
         std::all_of(number.begin(), number.end(), is_digit);
}

// A lone surrogate, which json_unescape() has made three bytes that are no UTF-8, is escaped again.
std::string quote_text(std::string_view text) {
  const std::string plain = json_quote(text);
  std::string out;
  out.reserve(plain.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    const bool surrogate = plain[i] == '\xED' && i + 2 < plain.size() &&
                           static_cast<unsigned char>(plain[i + 1]) >= 0xA0;
    if (!surrogate) {
      out += plain[i];
      continue;
    }
    const auto middle = static_cast<unsigned char>(plain[i + 1]) & 0x3FU;
    const auto last = static_cast<unsigned char>(plain[i + 2]) & 0x3FU;
    out += "\\u" + number_to_hex(0xD000U | (middle << 6U) | last, 4);
    i += 2;
  }
  return out;
}

std::string one_spelling(JsonCursor& in);

std::string object_in_order(JsonCursor& in) {
  std::vector<std::pair<std::string, std::string>> members;
  in.enter_object();
  while (const auto key = in.next_key()) {
    std::string name = json_unescape(*key);
    members.emplace_back(std::move(name), one_spelling(in));
  }
  // A key that is there twice keeps both of its values, in their order.
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [name, value] : members) {
    out += (out.empty() ? "" : ",") + quote_text(name) + ":" + value;
  }
  return "{" + out + "}";
}

std::string array_in_order(JsonCursor& in) {
  std::string out;
  in.enter_array();
  while (in.next_element()) out += (out.empty() ? "" : ",") + one_spelling(in);
  return "[" + out + "]";
}

// The next value, with its masks. Its depth was checked before.
std::string one_spelling(JsonCursor& in) {
  switch (in.peek_kind()) {
    case '{': return object_in_order(in);
    case '[': return array_in_order(in);
    case '"': return quote_text(mask_ids_and_times(json_unescape(in.raw_value())));
    case '0': {
      const std::string_view number = in.raw_value();
      return is_time_in_ms(number) ? "\"<ms>\"" : json_number(number);
    }
    default: return std::string(in.raw_value());
  }
}

// Text that is nested deeper than is followed is none.
bool is_json(std::string_view text) {
  try {
    JsonCursor cursor(text);
    cursor.skip_value();
    cursor.expect_end();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// How a value may stand as it is, and not as the text that it is spelled with: that of a string
// would look like a body without quotes.
bool stands_for_itself(std::string_view json) {
  const char kind = JsonCursor(json).peek_kind();
  return kind != '"' && kind != 'n';
}

std::string text_member(const char* name, std::string_view text) {
  const std::string masked = mask_ids_and_times(text);
  const std::string head = "\"" + std::string(name);
  if (!is_utf8(text)) return head + "_base64\":\"" + encode_base64(masked) + "\"";
  return head + "\":" + quote_text(masked);
}

std::string body_member(std::string_view body) {
  if (body.empty()) return "\"body\":null";
  if (!is_utf8(body) || !is_json(body)) return text_member("body", body);
  JsonCursor cursor(body);
  const std::string value = one_spelling(cursor);
  return "\"body\":" + (stands_for_itself(body) ? value : quote_text(value));
}

}  // namespace

std::string mask_ids_and_times(std::string_view text) {
  std::string masked;
  masked.reserve(text.size());
  while (!text.empty()) {
    if (begins_as(text, kUuidForm)) {
      masked += "<uuid>";
      text.remove_prefix(kUuidForm.size());
    } else if (begins_as(text, kTimeForm)) {
      masked += "<time>";
      text.remove_prefix(time_bytes(text));
    } else {
      masked += text.front();
      text.remove_prefix(1);
    }
  }
  return masked;
}

std::string http_call_text(std::string_view method, std::string_view path, std::string_view body) {
  return "{" + body_member(body) + ",\"method\":" + quote_text(method) + "," +
         text_member("path", path) + "}";
}

std::string http_answer_text(unsigned status, std::string_view body) {
  std::string text = "{\"status\":" + std::to_string(status) + ",\"body";
  if (!is_utf8(body)) return text + "_base64\":\"" + encode_base64(body) + "\"}";
  const bool itself = is_json(body) && JsonCursor(body).peek_kind() != '"';
  return text + "\":" + (itself ? std::string(body) : json_quote(body)) + "}";
}

}  // namespace recrank::program
