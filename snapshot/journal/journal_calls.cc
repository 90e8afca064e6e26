// Format: docs/formats/journal.md, "Calls"
#include "snapshot/journal/journal_calls.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/json_cursor.h"
#include "snapshot/journal/http_call.h"

namespace recrank::program {
namespace {

[[noreturn]] void fail_calls(const char* what) {
  throw Error(ErrorCode::kInvalidData, std::string("calls: ") + what);
}

struct Request {
  std::string method;
  std::string path;
  std::string body;
};

// The bytes that the value of a member "NAME" or "NAME_base64" stands for; nullopt: it is neither.
std::optional<std::string> bytes_of(std::string_view key, std::string_view name,
                                    JsonCursor& cursor) {
  if (key == name) {
    if (cursor.peek_kind() == '"') return cursor.string_value();
    if (name == "body") return std::string(cursor.raw_value());  // it is meant as the JSON it is
    return std::nullopt;
  }
  const bool base64 = key.starts_with(name) && key.substr(name.size()) == "_base64";
  if (!base64) return std::nullopt;
  auto bytes = decode_base64(cursor.peek_kind() == '"' ? cursor.string_value() : "!");
  if (!bytes) fail_calls("a request's base64 that is none");
  return bytes;
}

Request read_request(JsonCursor& cursor) {
  Request request;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "body" && cursor.peek_kind() == 'n') {  // there was none
      cursor.skip_value();
    } else if (*key == "method" && cursor.peek_kind() == '"') {
      request.method = cursor.string_value();
    } else if (auto path = bytes_of(*key, "path", cursor)) {
      request.path = *std::move(path);
    } else if (auto body = bytes_of(*key, "body", cursor)) {
      request.body = *std::move(body);
    } else {
      cursor.skip_value();
    }
  }
  if (request.method.empty() || request.path.empty())
    fail_calls("a request needs \"method\" and \"path\"");
  return request;
}

}  // namespace

void read_journal_calls(std::string_view calls, Step& step) {
  std::vector<size_t> ends;  // of the texts in the arena, which moves while it grows
  std::vector<std::string_view> answers;
  JsonCursor cursor(calls);
  cursor.enter_array();
  while (cursor.next_element()) {
    bool asked = false;
    std::string_view answer = kNoResponse;
    if (cursor.peek_kind() != '{') fail_calls("one that is no object");
    cursor.enter_object();
    while (const auto key = cursor.next_key()) {
      if (*key == "request" && cursor.peek_kind() == '{') {
        const Request request = read_request(cursor);
        step.arena += http_call_text(request.method, request.path, request.body);
        asked = true;
      } else if (*key == "response" && cursor.peek_kind() == '{') {
        answer = cursor.raw_value();
      } else {
        cursor.skip_value();
      }
    }
    if (!asked) fail_calls("one without a \"request\"");
    ends.push_back(step.arena.size());
    answers.push_back(answer);
  }
  size_t begin = 0;
  for (size_t i = 0; i < ends.size(); begin = ends[i++]) {
    step.calls.push_back({std::string_view(step.arena).substr(begin, ends[i] - begin), answers[i]});
  }
}

}  // namespace recrank::program
