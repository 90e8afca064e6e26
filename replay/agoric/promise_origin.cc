// Format: docs/formats/swingset-2024.md; source: liveslots' syscalls `send`, `resolve`,
// `subscribe`.
#include "replay/agoric/promise_origin.h"

#include <algorithm>
#include <optional>

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

std::vector<std::string> origins(const Recording& recording, const std::string& subject_id,
                                 uint64_t last, std::string_view call) {
  std::vector<std::string> promises;
  if (call.starts_with("[\"resolve\"")) promises = promises_of(call, "resolve");
  std::vector<std::string> lines(promises.size());
  uint64_t first = last;
  for (const Subject& subject : recording.subjects()) {
    if (subject.id != subject_id) continue;
    for (const StepRange& held : subject.held) {
      if (held.contains(last)) first = held.begin;
    }
  }
  // Of the step itself only now is it known whether it is told of some: gathered in the same pass.
  const auto stream = recording.steps(subject_id, {first, last + 1});
  std::vector<std::pair<std::string, std::string>> sent;  // promise, what is told of it
  Step step;
  while (stream->next(step)) {
    for (size_t i = 0; i < promises.size(); ++i) {
      if (std::string told = told_by(step, promises[i]); !told.empty()) lines[i] = std::move(told);
    }
    for (const ExpectedCall& each : step.calls) {
      if (!each.call.starts_with("[\"send\"")) continue;
      std::string promise = result_in(each.call, 2);
      if (promise.empty()) continue;
      sent.emplace_back(promise, told_by(step, promise));
    }
    if (step.number != last || !step.delivery.starts_with("[\"notify\"")) continue;
    for (const std::string& promise : promises_of(step.delivery, "notify")) {
      const auto found = std::find_if(sent.rbegin(), sent.rend(),
                                      [&](const auto& each) { return each.first == promise; });
      if (found != sent.rend()) lines.push_back(found->second);
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
