// Format: docs/formats/journal.md, "Calls"
#include "snapshot/journal/http_call.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank::program {
namespace {

using nlohmann::json;

constexpr uint64_t kMsLeast = 1'000'000'000'000;
constexpr uint64_t kMsMost = 1'999'999'999'999;
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

bool is_time_in_ms(const json& value) {
  return value.is_number_unsigned() && value.get<uint64_t>() >= kMsLeast &&
         value.get<uint64_t>() <= kMsMost;
}

// Its depth was checked before.
void mask(json& value) {
  if (value.is_string()) {
    value = mask_ids_and_times(value.get_ref<const std::string&>());
  } else if (is_time_in_ms(value)) {
    value = "<ms>";
  } else if (value.is_structured()) {
    for (json& each : value) mask(each);
  }
}

// Text that is no JSON, or nested deeper than is followed, is a string.
json body_value(std::string_view body) {
  if (body.empty()) return nullptr;
  try {
    JsonCursor cursor(body);
    cursor.skip_value();
    cursor.expect_end();
    return json::parse(body);
  } catch (const Error&) {
  } catch (const json::exception&) {
  }
  return std::string(body);
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
  json call{{"method", method}, {"path", mask_ids_and_times(path)}, {"body", body_value(body)}};
  mask(call["body"]);
  return call.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace recrank::program
