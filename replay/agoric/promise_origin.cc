// Format: docs/formats/swingset-2024.md; source: liveslots' syscalls `send`, `resolve`,
// `subscribe`.
#include "replay/agoric/promise_origin.h"

#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/agoric/delivery_words.h"

namespace recrank::agoric {
namespace {

constexpr size_t kPromisesMax = 4;
constexpr size_t kWordsMax = 100;

// ["resolve",[["p-64",false,{…}],…]], and ["notify",[["p+5",{…}],…]]: the promises.
std::vector<std::string> promises_of(std::string_view text, std::string_view verb) {
  std::vector<std::string> promises;
  JsonCursor cursor(text);
  cursor.enter_array();
  if (!cursor.next_element() || cursor.string_value() != verb || !cursor.next_element()) return {};
  cursor.enter_array();
  while (cursor.next_element() && promises.size() < kPromisesMax) {
    JsonCursor one(cursor.raw_value());
    one.enter_array();
    if (one.next_element()) promises.push_back(one.string_value());
  }
  return promises;
}

// The member "result" of the object that is the element `place` of an array; empty: none.
std::string result_in(std::string_view text, size_t place) {
  JsonCursor cursor(text);
  cursor.enter_array();
  for (size_t i = 0; i <= place; ++i) {
    if (!cursor.next_element()) return {};
    if (i < place) cursor.skip_value();
  }
  if (cursor.peek_kind() != '{') return {};
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "result") return cursor.string_or_null().value_or("");
    cursor.skip_value();
  }
  return {};
}

std::string second_of(std::string_view text) {
  JsonCursor cursor(text);
  cursor.enter_array();
  static_cast<void>(cursor.next_element());
  cursor.skip_value();
  return cursor.next_element() ? cursor.string_value() : "";
}

std::string step_words(const Step& step) {
  return "step " + std::to_string(step.number) + ", " +
         printable(delivery_words(step.delivery), kWordsMax);
}

// What the step tells of the promise; empty: nothing.
std::string told_by(const Step& step, const std::string& promise) {
  if (step.kind != StepKind::kDelivery) return {};
  const std::string shown = printable(promise, kWordsMax);
  if (step.delivery.starts_with("[\"message\"") && result_in(step.delivery, 2) == promise) {
    return shown + " is the result of " + step_words(step);
  }
  for (const ExpectedCall& each : step.calls) {
    if (!each.call.starts_with("[\"send\"") || result_in(each.call, 2) != promise) continue;
    return shown + " is the result of a call that " + step_words(step) + ", sent to " +
           printable(second_of(each.call), kWordsMax);
  }
  return {};
}

// Where the held steps begin that lead to `step` without a gap.
uint64_t first_held(const Recording& recording, const std::string& subject_id, uint64_t step) {
  for (const Subject& subject : recording.subjects()) {
    if (subject.id != subject_id) continue;
    for (const StepRange& held : subject.held) {
      if (held.contains(step)) return held.begin;
    }
  }
  return step;
}

std::vector<std::string> origins(const Recording& recording, const std::string& subject_id,
                                 uint64_t last, std::string_view call) {
  std::vector<std::string> promises;
  if (call.starts_with("[\"resolve\"")) promises = promises_of(call, "resolve");
  Step step;
  const auto itself = recording.steps(subject_id, {last, last + 1});
  if (itself->next(step) && step.delivery.starts_with("[\"notify\"")) {
    for (std::string& each : promises_of(step.delivery, "notify")) {
      promises.push_back(std::move(each));
    }
  }
  // Most steps are about none, and a history is long.
  if (promises.empty()) return {};
  std::vector<std::string> lines(promises.size());
  const auto stream =
      recording.steps(subject_id, {first_held(recording, subject_id, last), last + 1});
  while (stream->next(step)) {
    for (size_t i = 0; i < promises.size(); ++i) {
      if (std::string told = told_by(step, promises[i]); !told.empty()) lines[i] = std::move(told);
    }
  }
  std::erase(lines, "");
  return lines;
}

}  // namespace

std::vector<std::string> promise_origins(const Recording& recording, const std::string& subject_id,
                                         uint64_t step, std::string_view call) {
  try {
    return origins(recording, subject_id, step, call);
  } catch (const Error&) {
    return {};  // what cannot be read is told elsewhere
  }
}

}  // namespace recrank::agoric
