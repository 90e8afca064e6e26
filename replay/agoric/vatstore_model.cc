// Format: docs/formats/swingset-2024.md (transcript items)
#include "replay/agoric/vatstore_model.h"

#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank::agoric {
namespace {

constexpr const char* kOkNull = R"(["ok",null])";

std::string ok_text(const std::string& value) { return "[\"ok\"," + json_quote(value) + "]"; }

// The data of ["ok",data]; nullopt for an answer of another form, or one that is no string or null.
struct AnsweredText {
  std::optional<std::string> text;
};
std::optional<AnsweredText> parse_answer(std::string_view answer) {
  try {
    JsonCursor cursor(answer);
    cursor.enter_array();
    if (!cursor.next_element() || cursor.string_value() != "ok") return std::nullopt;
    AnsweredText data;
    if (!cursor.next_element()) return data;  // ["ok"]: undefined
    data.text = cursor.string_or_null();
    if (cursor.next_element()) return std::nullopt;
    return data;
  } catch (const Error&) {
    return std::nullopt;  // not what a kernel answers to these calls
  }
}

std::optional<VatstoreCall> parse_words(std::string_view call) {
  JsonCursor cursor(call);
  cursor.enter_array();
  if (!cursor.next_element() || cursor.peek_kind() != '"') return std::nullopt;
  const std::string verb = cursor.string_value();
  VatstoreCall parsed;
  if (verb == "vatstoreGet") parsed.verb = VatstoreCall::Verb::kGet;
  else if (verb == "vatstoreSet") parsed.verb = VatstoreCall::Verb::kSet;
  else if (verb == "vatstoreDelete") parsed.verb = VatstoreCall::Verb::kDelete;
  else if (verb == "vatstoreGetNextKey") parsed.verb = VatstoreCall::Verb::kNextKey;
  else return std::nullopt;
  if (!cursor.next_element()) return std::nullopt;
  parsed.key = cursor.string_value();
  if (parsed.verb == VatstoreCall::Verb::kSet) {
    if (!cursor.next_element()) return std::nullopt;
    parsed.value = cursor.string_value();
  }
  if (cursor.next_element()) return std::nullopt;
  cursor.expect_end();
  return parsed;
}

}  // namespace

std::optional<VatstoreCall> parse_vatstore_call(std::string_view call) {
  try {
    return parse_words(call);
  } catch (const Error&) {
    return std::nullopt;  // an engine may say anything
  }
}

VatstoreModel VatstoreModel::empty_store() {
  VatstoreModel model;
  model.entries_.emplace("", Entry{State::kAbsent, {}});
  model.add_gap("", std::nullopt);
  return model;
}

bool VatstoreModel::knows_all() const {
  const auto whole = gaps_.find("");
  if (whole == gaps_.end() || whole->second) return false;
  for (const auto& [key, entry] : entries_) {
    if (entry.state != State::kAbsent && entry.state != State::kValue) return false;
  }
  return true;
}

bool VatstoreModel::is_there(State state) {
  return state == State::kValue || state == State::kPresent;
}

bool VatstoreModel::in_gap(const std::string& key) const {
  auto gap = gaps_.lower_bound(key);  // the first that does not begin below `key`
  if (gap == gaps_.begin()) return false;
  --gap;
  return !gap->second || key < *gap->second;
}

VatstoreModel::Entry VatstoreModel::look_up(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return found->second;
  return {in_gap(key) ? State::kAbsent : State::kUnknown, {}};
}

std::optional<std::string> VatstoreModel::get(const std::string& key) const {
  const Entry entry = look_up(key);
  if (entry.state == State::kAbsent || entry.state == State::kNull) return kOkNull;
  if (entry.state != State::kValue) return std::nullopt;
  // The kernel answers an empty value as if there were none.
  return entry.value.empty() ? kOkNull : ok_text(entry.value);
}

// Goes from gap to gap and from entry to entry as long as every key in between is known.
std::optional<std::string> VatstoreModel::next_key(const std::string& prior) const {
  std::string at = prior;
  for (;;) {
    // The gap that holds the keys just behind `at`.
    auto gap = gaps_.upper_bound(at);
    if (gap == gaps_.begin()) return std::nullopt;
    --gap;
    if (gap->second && *gap->second <= at) return std::nullopt;
    for (auto entry = entries_.upper_bound(at); entry != entries_.end(); ++entry) {
      if (gap->second && entry->first >= *gap->second) break;
      if (entry->second.state == State::kAbsent) continue;
      return is_there(entry->second.state) ? std::optional(ok_text(entry->first)) : std::nullopt;
    }
    if (!gap->second) return kOkNull;
    at = *gap->second;  // a gap ends at a key that has an entry
    const State state = look_up(at).state;
    if (is_there(state)) return ok_text(at);
    if (state != State::kAbsent) return std::nullopt;
  }
}

std::optional<std::string> VatstoreModel::apply(const VatstoreCall& call) {
  switch (call.verb) {
    case VatstoreCall::Verb::kGet: return get(call.key);
    case VatstoreCall::Verb::kNextKey: return next_key(call.key);
    case VatstoreCall::Verb::kSet: write(call.key, {State::kValue, call.value}); return kOkNull;
    case VatstoreCall::Verb::kDelete: write(call.key, {State::kAbsent, {}}); return kOkNull;
  }
  return std::nullopt;
}

void VatstoreModel::write(const std::string& key, Entry entry) {
  const auto found = entries_.find(key);
  std::optional<Entry> before;
  if (found != entries_.end()) before = found->second;
  // A gap that is learned before the write is taken back says nothing about this key.
  else if (!in_gap(key)) before = Entry{State::kUnknown, {}};
  undo_.emplace_back(key, std::move(before));
  // Inside a gap an absent key needs no entry.
  const bool needless = entry.state == State::kAbsent && in_gap(key);
  put(key, needless ? std::nullopt : std::optional(std::move(entry)));
}

void VatstoreModel::put(const std::string& key, std::optional<Entry> entry) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    bytes_ -= key.size() + found->second.value.size();
    entries_.erase(found);
  }
  if (!entry) return;
  bytes_ += key.size() + entry->value.size();
  if (bytes_ > kBytesMax) {
    throw Error(ErrorCode::kUnsupported, "the store of the vat is larger than " +
                                             format_bytes(kBytesMax) + ": it is not modelled");
  }
  entries_.emplace(key, std::move(*entry));
}

void VatstoreModel::roll_back() {
  while (!undo_.empty()) {
    auto [key, entry] = std::move(undo_.back());
    undo_.pop_back();
    put(key, std::move(entry));
  }
}

// Gaps may come to overlap; one that lies within another is left out.
void VatstoreModel::add_gap(const std::string& from, const std::optional<std::string>& to) {
  auto before = gaps_.upper_bound(from);
  if (before != gaps_.begin()) {
    --before;
    if (!before->second || (to && *to <= *before->second)) return;
  }
  const auto [place, is_new] = gaps_.emplace(from, to);
  if (is_new) {
    bytes_ += from.size() + (to ? to->size() : 0);
  } else {
    place->second = to;  // the longer one: it did not lie within
  }
}

bool VatstoreLearner::learn(const VatstoreCall& call, std::string_view answer) {
  const bool writes =
      call.verb == VatstoreCall::Verb::kSet || call.verb == VatstoreCall::Verb::kDelete;
  if (writes) touch(call.key);
  const std::optional<std::string> told = now_.apply(call);
  const std::optional<AnsweredText> data = parse_answer(answer);
  if (told) {
    if (data && parse_answer(*told)->text == data->text) return true;
    contradiction_ = "the store would answer " + printable(*told, 200) + ", recorded is " +
                     printable(answer, 200);
    return false;
  }
  if (!data) return true;  // an error teaches nothing
  if (call.verb == VatstoreCall::Verb::kGet) learn_value(call.key, data->text);
  if (call.verb == VatstoreCall::Verb::kNextKey) learn_next(call.key, data->text);
  return true;
}

// The vat writes at `key`: what it reads there later says nothing about the beginning.
void VatstoreLearner::touch(const std::string& key) {
  if (begin_.look_up(key).state == VatstoreModel::State::kUnknown) {
    begin_.put(key, VatstoreModel::Entry{VatstoreModel::State::kUnknown, {}});
  }
}

void VatstoreLearner::learn_value(const std::string& key, const std::optional<std::string>& value) {
  using State = VatstoreModel::State;
  const VatstoreModel::Entry entry{value ? State::kValue : State::kNull, value.value_or("")};
  begin_.put(key, entry);
  now_.put(key, entry);
}

void VatstoreLearner::learn_next(const std::string& prior, const std::optional<std::string>& next) {
  using State = VatstoreModel::State;
  if (next && *next <= prior) return;  // no kernel answers so
  for (VatstoreModel* model : {&begin_, &now_}) {
    model->add_gap(prior, next);
    const bool told = next && (model->entries_.contains(*next) || model->in_gap(*next));
    if (!next || told) continue;
    model->put(*next, VatstoreModel::Entry{State::kPresent, {}});
  }
}

}  // namespace recrank::agoric
