// Format: docs/formats/swingset-2024.md
#include "replay/agoric/delivery_matter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/agoric/capdata.h"
#include "replay/agoric/vatstore_model.h"
#include "replay/difference/decoded_json.h"

namespace recrank::agoric {
namespace {

constexpr size_t kNamesMax = 1000;
constexpr size_t kSlotBytesMax = 60;

// What liveslots and the kernel mean by "o+d10/1"; empty: it is no slot.
std::string_view kind_of_slot(std::string_view text) {
  if (text.size() < 3 || text.size() > kSlotBytesMax) return {};
  const bool own = text[1] == '+';
  if (!own && text[1] != '-') return {};
  std::string_view rest = text.substr(2);
  const bool object = text.front() == 'o';
  const bool is_virtual = object && rest.starts_with('v');
  const bool is_durable = object && rest.starts_with('d');
  if (is_virtual || is_durable) rest.remove_prefix(1);
  const auto fits = [](char c) { return is_digit(c) || c == '/' || c == ':'; };
  if (rest.empty() || !is_digit(rest.front()) || !std::all_of(rest.begin(), rest.end(), fits))
    return {};
  switch (text.front()) {
    case 'o':
      if (is_virtual) return "a virtual object of its own";
      if (is_durable) return "a durable object of its own";
      return own ? "an object of its own" : "an import";
    case 'p': return own ? "a promise that it made" : "a promise of the kernel";
    case 'd': return own ? "a device of its own" : "a device";
    default: return {};
  }
}

class Names {
 public:
  explicit Names(StepMatter& matter) : matter_(matter) {}

  // All slots in decoded JSON.
  void gather(std::string_view text) {
    const std::string decoded = decoded_json(text, json_of_string);
    if (!is_json(decoded)) return;
    JsonCursor in(decoded);
    walk(in);
  }

 private:
  void walk(JsonCursor& in) {
    const char kind = in.peek_kind();
    if (kind == '{') {
      in.enter_object();
      while (in.next_key()) walk(in);
    } else if (kind == '[') {
      in.enter_array();
      while (in.next_element()) walk(in);
    } else {
      const std::string_view raw = in.raw_value();
      if (kind == '"') note(raw.substr(1, raw.size() - 2));
    }
  }

  void note(std::string_view slot) {
    const std::string_view what = kind_of_slot(slot);
    if (what.empty() || matter_.names.size() >= kNamesMax) return;
    if (seen_.emplace(slot).second) matter_.names.emplace_back(slot, what);
  }

  StepMatter& matter_;
  std::set<std::string, std::less<>> seen_;
};

using Members = std::map<std::string, std::string_view>;

Members members_of_object(std::string_view text) {
  Members members;
  JsonCursor in(text);
  in.enter_object();
  while (const auto key = in.next_key()) {
    std::string name = json_unescape(*key);
    members[std::move(name)] = in.raw_value();
  }
  return members;
}

// A promise for the answer, or null.
void ask_result(const Members& message, StepMatter& matter) {
  const auto result = message.find("result");
  if (result == message.end() || result->second == "null") return;
  matter.asked.emplace_back("result", json_unescape(result->second));
}

void ask_slots(const Members& capdata, StepMatter& matter) {
  const auto slots = capdata.find("slots");
  if (slots != capdata.end() && slots->second != "[]") {
    matter.asked.emplace_back("slots", slots->second);
  }
}

std::string body_of(const Members& capdata) {
  const auto body = capdata.find("body");
  if (body == capdata.end()) return {};
  const std::string text = json_unescape(body->second);
  return json_of_string(text).value_or(text);
}

// ["message","o+0",{"methargs":{"body":"#[\"issue\",[31]]","slots":[]},"result":"p-85"}], and of
// 2021 ["message","o+0",{"method":"issue","args":{"body":"[31]","slots":[]},"result":"p-85"}].
void ask_message(std::string_view delivery, StepMatter& matter) {
  JsonCursor in(delivery);
  in.enter_array();
  if (!in.next_element() || in.string_value() != "message" || !in.next_element()) return;
  matter.asked.emplace_back("target", in.string_value());
  if (!in.next_element()) return;
  const Members message = members_of_object(in.raw_value());
  if (const auto args = message.find("args"); args != message.end()) {
    const Members capdata = members_of_object(args->second);
    const auto method = message.find("method");
    if (method != message.end()) matter.asked.emplace_back("method", json_unescape(method->second));
    matter.asked.emplace_back("arguments", body_of(capdata));
    ask_slots(capdata, matter);
  } else if (const auto both = message.find("methargs"); both != message.end()) {
    const Members capdata = members_of_object(both->second);
    const std::string body = body_of(capdata);
    JsonCursor list(body);
    list.enter_array();
    if (list.next_element()) {
      matter.asked.emplace_back("method", json_unescape(list.raw_value()));
      if (list.next_element()) matter.asked.emplace_back("arguments", list.raw_value());
    }
    ask_slots(capdata, matter);
  }
  ask_result(message, matter);
}

// The value within ["ok","value"]; nullopt: null, or no answer of this kind.
std::optional<std::string> answered(std::string_view answer) {
  JsonCursor in(answer);
  in.enter_array();
  if (!in.next_element() || in.string_value() != "ok" || !in.next_element()) return std::nullopt;
  return in.string_or_null();
}

void touch_store(const ExpectedCall& call, std::map<std::string, size_t>& places,
                 std::vector<StoreTouch>& store) {
  const auto parsed = parse_vatstore_call(call.call);
  if (!parsed || parsed->verb == VatstoreCall::Verb::kNextKey) return;
  const auto [place, fresh] = places.emplace(parsed->key, store.size());
  if (fresh) {
    store.emplace_back();
    store.back().key = parsed->key;
  }
  StoreTouch& touch = store[place->second];
  if (parsed->verb == VatstoreCall::Verb::kGet) {
    if (touch.written || touch.read) return;
    touch.found = answered(call.answer);
    touch.read = true;
  } else {
    touch.written = true;
    touch.left.reset();
    if (parsed->verb == VatstoreCall::Verb::kSet) touch.left = parsed->value;
  }
}

// What is not formed as it should be is passed over: it is shown as it stands anyway.
template <typename Work>
void as_far_as_it_goes(Work work) {
  try {
    work();
  } catch (const Error&) {
    return;
  }
}

}  // namespace

StepMatter matter_of_delivery(const Step& step) {
  StepMatter matter;
  if (step.kind != StepKind::kDelivery) return matter;
  as_far_as_it_goes([&] { ask_message(step.delivery, matter); });
  Names names(matter);
  names.gather(step.delivery);
  std::map<std::string, size_t> places;
  for (const ExpectedCall& each : step.calls) {
    names.gather(each.call);
    names.gather(each.answer);
    as_far_as_it_goes([&] { touch_store(each, places, matter.store); });
  }
  return matter;
}

}  // namespace recrank::agoric
