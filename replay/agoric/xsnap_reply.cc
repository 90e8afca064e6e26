// Format: docs/formats/xsnap-wire.md
#include "replay/agoric/xsnap_reply.h"

#include <vector>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank::agoric {
namespace {

constexpr char kMeterEnd = '\x01';
constexpr size_t kShownReplyBytes = 80;

// The meter's own figures depend on time and address layout; only `compute` is looked at, and what
// stands behind it is not even parsed: it can hold 502 time stamps.
std::optional<uint64_t> find_compute(std::string_view meter) {
  JsonCursor cursor(meter);
  if (cursor.peek_kind() == '[') {  // [compute,allocate], in the first months of 2021
    cursor.enter_array();
    return cursor.next_element() ? std::optional(cursor.uint_value()) : std::nullopt;
  }
  cursor.enter_object();
  while (const std::optional<std::string_view> key = cursor.next_key()) {
    if (*key == "compute") return cursor.uint_value();
    cursor.skip_value();
  }
  return std::nullopt;
}

UpcallKind kind_of(std::string_view name) {
  if (name == "syscall") return UpcallKind::kSyscall;
  if (name == "console" || name == "sourcedConsole") return UpcallKind::kConsole;
  if (name == "testLog") return UpcallKind::kTestLog;
  return UpcallKind::kUnknown;
}

Upcall parse_unusual_upcall(std::string_view text) {
  JsonCursor cursor(text);
  cursor.enter_array();
  if (!cursor.next_element()) return {};
  Upcall upcall{kind_of(cursor.string_value()), {}};
  if (upcall.kind != UpcallKind::kSyscall) return upcall;
  if (!cursor.next_element()) return {};
  upcall.argument = cursor.raw_value();
  if (cursor.next_element()) return {};
  cursor.expect_end();
  return upcall;
}

}  // namespace

std::optional<CommandReply> parse_command_reply(std::string_view text, std::string& problem) {
  const size_t end = text.find(kMeterEnd);
  const std::string_view meter = text.substr(0, end);
  const auto shown = [&] { return "'" + printable(meter, kShownReplyBytes) + "'"; };
  if (end == std::string_view::npos) {
    problem = "an answer without a meter: " + shown();
    return std::nullopt;
  }
  try {
    if (const std::optional<uint64_t> compute = find_compute(meter)) {
      return CommandReply{*compute, text.substr(end + 1), meter};
    }
    problem = "a meter without \"compute\": " + shown();
  } catch (const Error& error) {
    problem = "a meter that cannot be read (" + std::string(error.what()) + "): " + shown();
  }
  return std::nullopt;
}

Upcall parse_upcall(std::string_view text) {
  constexpr std::string_view kSyscall = "[\"syscall\",";
  if (text.starts_with(kSyscall) && text.ends_with(']')) {
    return {UpcallKind::kSyscall, text.substr(kSyscall.size(), text.size() - kSyscall.size() - 1)};
  }
  try {
    return parse_unusual_upcall(text);
  } catch (const Error&) {
    return {};
  }
}

// ["sourcedConsole",SOURCE,LEVEL,ARGUMENT…], and until 2022 ["console",LEVEL,SOURCE,ARGUMENT…].
std::string console_text(std::string_view text) {
  try {
    JsonCursor cursor(text);
    cursor.enter_array();
    std::vector<std::string> words;
    while (cursor.next_element()) {
      words.push_back(cursor.peek_kind() == '"' ? cursor.string_value()
                                                : std::string(cursor.raw_value()));
    }
    if (words.size() < 3) return std::string(text);
    const std::string level = words[words.front() == "console" ? 1 : 2];
    words.erase(words.begin(), words.begin() + 3);
    return (level == "log" ? "" : level + ": ") + joined(words, " ");
  } catch (const Error&) {
    return std::string(text);
  }
}

std::optional<bool> delivery_was_ok(std::string_view result) {
  if (result.starts_with("[\"ok\"")) return true;
  if (result.starts_with("[\"error\"") || result.starts_with("[\"err\"")) return false;
  return std::nullopt;
}

}  // namespace recrank::agoric
