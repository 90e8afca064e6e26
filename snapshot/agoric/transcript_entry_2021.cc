// Format: docs/formats/kerneldb-lmdb-2021.md (transcript entry)
#include "snapshot/agoric/transcript_entry_2021.h"

#include <string>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

constexpr std::string_view kOkPrefix = "[\"ok\",";
// What a kernel answers when the recorded response is undefined or null.
constexpr std::string_view kOkNull = "[\"ok\",null]";

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorCode::kInvalidData, "transcript entry: " + what);
}

// An array member; twice or of another kind is not what a kernel writes.
std::string_view array_member(JsonCursor& cursor, std::string_view before, const char* name) {
  if (!before.empty()) fail(std::string("\"") + name + "\" stands twice");
  if (cursor.peek_kind() != '[') fail(std::string("\"") + name + "\" is not an array");
  return cursor.raw_value();
}

// One recorded system call; an answer that is absent stays empty.
ExpectedCall parse_call_2021(JsonCursor& cursor) {
  ExpectedCall call;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "d") {
      call.call = array_member(cursor, call.call, "d");
    } else if (*key == "response") {
      if (!call.answer.empty()) fail("\"response\" stands twice");
      call.answer = cursor.raw_value();
    } else {
      cursor.skip_value();
    }
  }
  if (call.call.empty()) fail("a system call without \"d\"");
  return call;
}

void parse_calls_2021(JsonCursor& cursor, Step& step) {
  cursor.enter_array();
  while (cursor.next_element()) step.calls.push_back(parse_call_2021(cursor));
}

// Puts the answers together as they go over the wire. The arena is reserved first: appending must
// not move bytes that a view already points to.
void compose_answers(Step& step) {
  size_t size = 0;
  for (const ExpectedCall& call : step.calls) size += call.answer.size() + kOkPrefix.size() + 1;
  step.arena.clear();
  step.arena.reserve(size);
  for (ExpectedCall& call : step.calls) {
    if (call.answer.empty() || call.answer == "null") {
      call.answer = kOkNull;
      continue;
    }
    const size_t begin = step.arena.size();
    step.arena.append(kOkPrefix).append(call.answer).append("]");
    call.answer = std::string_view(step.arena).substr(begin);
  }
}

void check_whole_answers(Step& step) {
  for (ExpectedCall& call : step.calls) {
    if (call.answer.empty()) {
      call.answer = kOkNull;
    } else if (call.answer.front() != '[') {
      fail("\"response\" is not a result array");
    }
  }
}

}  // namespace

void parse_entry_2021(std::string_view json, Step& step, ResponseForm form) {
  step.delivery = {};
  step.calls.clear();
  bool has_calls = false;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "d") {
      step.delivery = array_member(cursor, step.delivery, "d");
    } else if (*key == "syscalls") {
      if (has_calls) fail("\"syscalls\" stands twice");
      has_calls = true;
      parse_calls_2021(cursor, step);
    } else {
      cursor.skip_value();
    }
  }
  cursor.expect_end();
  if (step.delivery.empty()) fail("no delivery \"d\"");
  if (!has_calls) fail("no \"syscalls\"");
  if (form == ResponseForm::kBareValue) {
    compose_answers(step);
  } else {
    check_whole_answers(step);
  }
}

}  // namespace recrank::agoric
