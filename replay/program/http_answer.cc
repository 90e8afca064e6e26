// Format: docs/formats/journal.md, "Calls"
#include "replay/program/http_answer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/base64.h"
#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::program {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorCode::kInvalidData, "the response of a recorded call: " + what);
}

// A header in which a line end hides would be two.
std::string header_line(const std::string& name, const json& value) {
  if (!value.is_string()) fail("a header that is no string");
  const auto& text = value.get_ref<const std::string&>();
  const bool name_fits =
      !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
      });
  const bool value_fits =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (!name_fits || !value_fits) fail("a header that cannot be sent");
  return name + ": " + text + "\r\n";
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// The length is ours, and so is the end of the connection.
bool is_ours(std::string_view name) {
  return same_name(name, "content-length") || same_name(name, "transfer-encoding") ||
         same_name(name, "connection") || same_name(name, "content-encoding");
}

std::string head(unsigned status, const json& headers, size_t body_bytes, bool has_type) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Recorded\r\n";
  for (const auto& [name, value] : headers.items()) {
    if (!is_ours(name)) text += header_line(name, value);
    has_type = has_type || same_name(name, "content-type");
  }
  if (!has_type) text += "Content-Type: application/json\r\n";
  return text + "Content-Length: " + std::to_string(body_bytes) + "\r\nConnection: close\r\n\r\n";
}

json parse(std::string_view answer) {
  JsonCursor cursor(answer);  // bounds the depth
  cursor.skip_value();
  try {
    return json::parse(answer);
  } catch (const json::exception& failure) {
    fail(failure.what());
  }
}

// A body goes out as it stands in the text: what a library makes of it may lose digits of a number,
// or one of two equal keys.
struct AnswerParts {
  std::string head;  // a JSON object with the other members
  std::optional<std::string> body;
};

AnswerParts parts_of(std::string_view answer) {
  AnswerParts parts;
  JsonCursor cursor(answer);
  if (cursor.peek_kind() != '{') fail("not an object");
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const bool base64 = *key == "body_base64";
    if (!base64 && *key != "body") {
      parts.head += (parts.head.empty() ? "\"" : ",\"") + std::string(*key) + "\":";
      parts.head += cursor.raw_value();
      continue;
    }
    if (parts.body) fail("it has two bodies");
    const bool text = cursor.peek_kind() == '"';
    if (base64) {
      parts.body = decode_base64(text ? cursor.string_value() : "!");
      if (!parts.body) fail("\"body_base64\" is no base64");
    } else {
      parts.body = text ? cursor.string_value() : std::string(cursor.raw_value());
    }
  }
  cursor.expect_end();
  parts.head = "{" + parts.head + "}";
  return parts;
}

}  // namespace

HttpAnswer parse_http_answer(std::string_view answer) {
  const AnswerParts parts = parts_of(answer);
  const json read = parse(parts.head);
  const std::string act =
      read.value("act", json("respond")).is_string() ? read.value("act", "respond") : "";
  if (act == "stall") return {HttpAnswer::Act::kStall, ""};
  if (act == "reset") return {HttpAnswer::Act::kReset, ""};
  if (act != "respond" && act != "cut") fail("\"act\" is none of respond, cut, stall, reset");
  const json status = read.value("status", json(200U));
  if (!status.is_number_unsigned() || status < 200 || status > 599)
    fail("\"status\" is no number from 200 to 599");
  const json headers = read.value("headers", json::object());
  if (!headers.is_object()) fail("\"headers\" is no object");
  const std::string bytes = parts.body.value_or("");
  std::string out = head(status.get<unsigned>(), headers, bytes.size(), false);
  if (act == "respond") return {HttpAnswer::Act::kRespond, out + bytes};
  const json kept = read.value("cut_bytes", json(bytes.size() / 2));
  if (!kept.is_number_unsigned() || kept.get<uint64_t>() > bytes.size())
    fail("\"cut_bytes\" is no part of the body");
  return {HttpAnswer::Act::kCut, out + bytes.substr(0, kept.get<size_t>())};
}

std::string http_post(std::string_view path, uint16_t port, std::string_view body) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: keep-alive\r\n\r\n" + std::string(body);
}

}  // namespace recrank::program
