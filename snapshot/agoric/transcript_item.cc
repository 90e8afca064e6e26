// Format: docs/formats/swingset-2024.md ("Transcript items").
#include "snapshot/agoric/transcript_item.h"

#include <string>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::kInvalidData, std::string("transcript item: ") + what);
}

// The content of a JSON string that holds a hash, which never needs an escape.
std::string_view bare_string(JsonCursor& cursor) {
  if (cursor.peek_kind() != '"') fail("expected a string");
  const std::string_view raw = cursor.raw_value();
  return raw.substr(1, raw.size() - 2);
}

StepKind kind_of(std::string_view verb) {
  if (verb == "initialize-worker") return StepKind::kInitializeWorker;
  if (verb == "save-snapshot") return StepKind::kSaveSnapshot;
  if (verb == "load-snapshot") return StepKind::kLoadSnapshot;
  if (verb == "shutdown-worker") return StepKind::kShutdownWorker;
  return StepKind::kDelivery;
}

// {"snapshotID":"24db…"}
std::string_view snapshot_id(JsonCursor& cursor) {
  std::string_view id;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "snapshotID") {
      id = bare_string(cursor);
    } else {
      cursor.skip_value();
    }
  }
  return id;
}

// Looks into a delivery that was already cut out: ["message",…], ["load-snapshot",{…}].
void parse_delivery(Step& step) {
  JsonCursor cursor(step.delivery);
  cursor.enter_array();
  if (!cursor.next_element()) fail("an empty delivery");
  step.kind = kind_of(bare_string(cursor));
  if (step.kind != StepKind::kLoadSnapshot || !cursor.next_element()) return;
  step.expected_snapshot = snapshot_id(cursor);
}

ExpectedCall parse_call(JsonCursor& cursor) {
  ExpectedCall call;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "s") {
      call.call = cursor.raw_value();
    } else if (*key == "r") {
      call.answer = cursor.raw_value();
    } else {
      cursor.skip_value();
    }
  }
  if (call.call.empty() || call.answer.empty()) fail("a system call without \"s\" or \"r\"");
  return call;
}

void parse_calls(JsonCursor& cursor, Step& step) {
  cursor.enter_array();
  while (cursor.next_element()) step.calls.push_back(parse_call(cursor));
}

// {"computrons":18522}, or null in unmetered history.
void parse_metering(JsonCursor& cursor, Step& step) {
  if (cursor.peek_kind() != '{') return cursor.skip_value();
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "computrons" && cursor.peek_kind() == '0') {
      step.computrons = cursor.uint_value();
    } else {
      cursor.skip_value();
    }
  }
}

// {"status":"ok","metering":{…},"snapshotID":"…"}
void parse_result(JsonCursor& cursor, Step& step) {
  if (cursor.peek_kind() != '{') return cursor.skip_value();
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "status") {
      step.status = bare_string(cursor) == "ok" ? RecordedStatus::kOk : RecordedStatus::kError;
    } else if (*key == "metering") {
      parse_metering(cursor, step);
    } else if (*key == "snapshotID") {
      step.expected_snapshot = bare_string(cursor);
    } else if (*key == "problem" && cursor.peek_kind() == '"') {
      step.failure_text = cursor.string_value();
    } else {
      cursor.skip_value();
    }
  }
}

}  // namespace

void parse_modern_item(std::string_view json, Step& step) {
  step.kind = StepKind::kDelivery;
  step.delivery = {};
  step.calls.clear();
  step.status.reset();
  step.failure_text.clear();
  step.computrons.reset();
  step.expected_snapshot = {};
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "d") {
      step.delivery = cursor.raw_value();
      parse_delivery(step);
    } else if (*key == "sc") {
      parse_calls(cursor, step);
    } else if (*key == "r") {
      parse_result(cursor, step);
    } else {
      cursor.skip_value();
    }
  }
  cursor.expect_end();
  if (step.delivery.empty()) fail("no \"d\"");
}

void parse_transcript_item(Step& step) { parse_modern_item(step.text, step); }

}  // namespace recrank::agoric
