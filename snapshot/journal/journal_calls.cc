// Format: docs/formats/journal.md, "Calls"
#include "snapshot/journal/journal_calls.h"

#include <string>
#include <utility>
#include <vector>

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

// A body that is no string is meant as the JSON that it is.
Request read_request(JsonCursor& cursor) {
  Request request;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const bool text = cursor.peek_kind() == '"';
    if (*key == "method" && text) request.method = cursor.string_value();
    else if (*key == "path" && text) request.path = cursor.string_value();
    else if (*key == "body")
      request.body = text ? cursor.string_value() : std::string(cursor.raw_value());
    else cursor.skip_value();
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
