// Format: docs/formats/app-journal.md, "As a recording"
#include "snapshot/journal/chat_response.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::program {
namespace {

using nlohmann::ordered_json;

// nullopt: no JSON object with messages, or nested deeper than is followed.
std::optional<ordered_json> read_body(std::string_view body) {
  try {
    JsonCursor cursor(body);
    cursor.skip_value();
    cursor.expect_end();
    ordered_json read = ordered_json::parse(body);
    if (read.is_object() && read.contains("messages") && read["messages"].is_array()) return read;
  } catch (const Error&) {
  } catch (const nlohmann::json::exception&) {
  }
  return std::nullopt;
}

bool has_role(const ordered_json& message, const char* role) {
  return message.is_object() && message.value("role", ordered_json()) == role;
}

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// In a stream, pieces of calls of tools are told apart by their index.
ordered_json as_delta(ordered_json message) {
  if (message.contains("tool_calls") && message["tool_calls"].is_array()) {
    uint64_t index = 0;
    for (ordered_json& call : message["tool_calls"]) {
      if (call.is_object()) call["index"] = index++;
    }
  }
  return message;
}

std::string streamed(const ordered_json& message, const std::string& reason) {
  const ordered_json first{
      {"choices", {{{"index", 0}, {"delta", as_delta(message)}, {"finish_reason", nullptr}}}}};
  const ordered_json last{
      {"choices", {{{"index", 0}, {"delta", ordered_json::object()}, {"finish_reason", reason}}}}};
  return "data: " + dump(first) + "\n\ndata: " + dump(last) + "\n\ndata: [DONE]\n\n";
}

}  // namespace

std::optional<std::string> rebuild_chat_response(std::string_view request, std::string_view next) {
  const auto asked = read_body(request);
  const auto later = read_body(next);
  if (!asked || !later) return std::nullopt;
  const ordered_json& before = (*asked)["messages"];
  const ordered_json& after = (*later)["messages"];
  if (after.size() <= before.size() || !has_role(after[before.size()], "assistant"))
    return std::nullopt;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) return std::nullopt;
  }
  const ordered_json& message = after[before.size()];
  const bool tools = message.contains("tool_calls") && !message["tool_calls"].empty();
  const std::string reason = tools ? "tool_calls" : "stop";
  ordered_json response{{"status", 200}};
  if (asked->value("stream", ordered_json(false)) == true) {
    response["headers"] = {{"content-type", "text/event-stream"}};
    response["body"] = streamed(message, reason);
  } else {
    response["body"] = {
        {"choices", {{{"index", 0}, {"message", message}, {"finish_reason", reason}}}}};
  }
  return dump(response);
}

std::optional<std::string> last_user_message(std::string_view request) {
  const auto body = read_body(request);
  if (!body) return std::nullopt;
  const ordered_json& messages = (*body)["messages"];
  for (auto each = messages.rbegin(); each != messages.rend(); ++each) {
    if (has_role(*each, "user") && each->contains("content")) return dump((*each)["content"]);
  }
  return std::nullopt;
}

}  // namespace recrank::program
