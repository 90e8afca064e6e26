// JSON of recrank's own making, described by one list of members that is followed when it is
// written and when it is read:
//
//   template <typename Members>
//   void json_members(Members& of, Frame& frame) {
//     of.required("address", frame.address, JsonHex());
//     of.sparse("module", frame.module);
//     of.sparse("line", frame.line, JsonNumber<uint32_t>{.most = 1'000'000});
//   }
//   const std::string text = write_json(frame);  // {"address":"0x18"}
//   const Frame frame = read_json<Frame>(text, "frame.json");
//
// The text may be anybody's: a member that stands twice, is missing or not known, a value of
// another kind or out of its bounds is kInvalidData that names the file and the way to the value,
// "frame.json: maps[3].line: not a number from 0 to 1000000". The order of members is free.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank {

// Where a value stands, for complaints. Lives on the stack; text() is made only when it is needed.
class JsonAt {
 public:
  explicit JsonAt(std::string_view file) : name_(file) {}
  JsonAt(const JsonAt& around, std::string_view member) : around_(&around), name_(member) {}
  JsonAt(const JsonAt& around, size_t index) : around_(&around), index_(index) {}

  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_word(const std::string& word) const;
  // What `read` gives; a departure from the grammar is told with the place.
  template <typename Read>
  auto reading(Read read) const {
    try {
      return read();
    } catch (const Error& error) {
      fail(error.what());
    }
  }

 private:
  [[nodiscard]] std::string text() const;

  const JsonAt* around_ = nullptr;
  std::string_view name_;
  size_t index_ = 0;
};

// ---- Forms: how a value stands in the text. Each has read(cursor, at) and write(value, out). ----

// Longest list that is read where a form says nothing else.
inline constexpr size_t kJsonListMax = 100'000;

// The form of a type where none is named; of a struct the object that its json_members() lists.
template <typename Value>
struct JsonForm;

template <std::integral Number>
struct JsonNumber {
  Number least = std::numeric_limits<Number>::min();
  Number most = std::numeric_limits<Number>::max();

  [[nodiscard]] Number read(JsonCursor& in, const JsonAt& at) const {
    const std::string_view raw = in.raw_value();
    Number value = 0;
    const auto [stop, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    const bool whole = error == std::errc() && stop == raw.data() + raw.size();
    if (whole && value >= least && value <= most) return value;
    at.fail("not a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  void write(Number value, std::string& out) const { out += std::to_string(value); }
};

template <std::integral Number>
struct JsonForm<Number> : JsonNumber<Number> {};

template <>
struct JsonForm<bool> {
  [[nodiscard]] static bool read(JsonCursor& in, const JsonAt& at) {
    return at.reading([&] { return in.bool_value(); });
  }
  static void write(bool value, std::string& out) { out += value ? "true" : "false"; }
};

template <>
struct JsonForm<std::string> {
  [[nodiscard]] static std::string read(JsonCursor& in, const JsonAt& at) {
    return at.reading([&] { return in.string_value(); });
  }
  static void write(std::string_view value, std::string& out) { out += json_quote(value); }
};
using JsonString = JsonForm<std::string>;

template <>
struct JsonForm<std::filesystem::path> : JsonString {
  static void write(const std::filesystem::path& value, std::string& out) {
    JsonString::write(value.native(), out);
  }
};

template <typename Value>
struct JsonForm<std::optional<Value>> : JsonForm<Value> {};

// The 64 lower-case digits of a hash.
struct JsonSha256 : JsonString {
  [[nodiscard]] static std::string read(JsonCursor& in, const JsonAt& at);
};

// "0x18": a number that is easier read so, or that no double holds.
struct JsonHex {
  [[nodiscard]] static uint64_t read(JsonCursor& in, const JsonAt& at);
  static void write(uint64_t value, std::string& out);
};

// One of the words of a table, an array of pairs (value, word).
template <typename Table>
struct JsonWords {
  const Table& table;

  [[nodiscard]] auto read(JsonCursor& in, const JsonAt& at) const {
    const std::string word = JsonString::read(in, at);
    for (const auto& [value, name] : table) {
      if (name == word) return value;
    }
    at.fail_word(word);
  }
  template <typename Value>
  void write(const Value& wanted, std::string& out) const {
    for (const auto& [value, name] : table) {
      if (value == wanted) return JsonString::write(name, out);
    }
    RECRANK_CHECK(false);
  }
};
template <typename Table>
JsonWords(const Table&) -> JsonWords<Table>;

template <typename Form>
struct JsonList {
  size_t most = kJsonListMax;
  Form form{};

  [[nodiscard]] auto read(JsonCursor& in, const JsonAt& at) const {
    std::vector<decltype(form.read(in, at))> values;
    at.reading([&] { in.enter_array(); });
    while (at.reading([&] { return in.next_element(); })) {
      if (values.size() == most) at.fail("more than " + std::to_string(most) + " elements");
      values.push_back(form.read(in, JsonAt(at, values.size())));
    }
    return values;
  }
  template <typename Values>
  void write(const Values& values, std::string& out) const {
    out += '[';
    bool first = true;
    for (const auto& each : values) {
      if (!std::exchange(first, false)) out += ',';
      form.write(each, out);
    }
    out += ']';
  }
};

// An object whose members have names of their own.
template <typename Form>
struct JsonMap {
  Form form{};

  [[nodiscard]] auto read(JsonCursor& in, const JsonAt& at) const {
    std::map<std::string, decltype(form.read(in, at))> values;
    at.reading([&] { in.enter_object(); });
    while (const auto key = at.reading([&] { return in.next_key(); })) {
      const std::string name = json_unescape(*key);
      const JsonAt place(at, name);
      if (!values.emplace(name, form.read(in, place)).second) place.fail("it is there twice");
    }
    return values;
  }
  template <typename Values>
  void write(const Values& values, std::string& out) const {
    out += '{';
    bool first = true;
    for (const auto& [name, value] : values) {
      out += (std::exchange(first, false) ? "" : ",") + json_quote(name) + ":";
      form.write(value, out);
    }
    out += '}';
  }
};

template <typename Value>
struct JsonForm<std::vector<Value>> : JsonList<JsonForm<Value>> {};
template <typename Value>
struct JsonForm<std::map<std::string, Value>> : JsonMap<JsonForm<Value>> {};
template <>
struct JsonForm<std::pair<std::string, std::string>> {  // a list of two
  [[nodiscard]] static std::pair<std::string, std::string> read(JsonCursor& in, const JsonAt& at);
  static void write(const std::pair<std::string, std::string>& value, std::string& out);
};

// ---- Members ----

// Reads the members of one object.
class JsonMembersIn {
 public:
  static constexpr bool kReads = true;
  // Takes the whole object.
  JsonMembersIn(JsonCursor& in, const JsonAt& at);

  // The member "schema" with this text.
  void schema(std::string_view text);
  // Must be there.
  template <typename Value, typename Form = JsonForm<Value>>
  void required(std::string_view name, Value& value, const Form& form = {}) {
    if (!take(name, value, form)) at_.fail("it lacks '" + std::string(name) + "'");
  }
  // May be missing, though it is always written: `value` then stays as it is.
  template <typename Value, typename Form = JsonForm<Value>>
  void optional(std::string_view name, Value& value, const Form& form = {}) {
    take(name, value, form);
  }
  // Is left out where it holds nothing: no text, no elements, zero, false.
  template <typename Value, typename Form = JsonForm<Value>>
  void sparse(std::string_view name, Value& value, const Form& form = {}) {
    take(name, value, form);
  }
  // An object whose members list(members) names; it must be there.
  template <typename List>
  void object(std::string_view name, List list);
  // What other versions may have besides is passed over. Without it, it is refused.
  void pass_over_others() { others_ = true; }

  [[noreturn]] void fail(const std::string& what) const { at_.fail(what); }
  // Refuses what was not named. The last call.
  void finish() const;

 private:
  // The text of a member, which counts as known from now on.
  std::optional<std::string_view> find(std::string_view name);

  template <typename Value, typename Form>
  bool take(std::string_view name, Value& value, const Form& form) {
    const auto raw = find(name);
    if (!raw) return false;
    JsonCursor in(*raw);
    value = form.read(in, JsonAt(at_, name));
    return true;
  }

  struct Member {
    std::string_view raw;
    bool known = false;
  };
  const JsonAt& at_;
  std::map<std::string_view, Member> members_;
  bool others_ = false;
};

// Writes the members of one object, in the order in which they are listed.
class JsonMembersOut {
 public:
  static constexpr bool kReads = false;
  explicit JsonMembersOut(std::string& out) : out_(out) { out_ += '{'; }

  void schema(std::string_view text) { required("schema", text, JsonString()); }
  template <typename Value, typename Form = JsonForm<Value>>
  void required(std::string_view name, const Value& value, const Form& form = {}) {
    begin(name);
    form.write(value, out_);
  }
  template <typename Value, typename Form = JsonForm<Value>>
  void optional(std::string_view name, const Value& value, const Form& form = {}) {
    required(name, value, form);
  }
  template <typename Value, typename Form = JsonForm<Value>>
  void sparse(std::string_view name, const Value& value, const Form& form = {}) {
    if constexpr (requires { value.has_value(); }) {
      if (value) required(name, *value, form);
    } else if constexpr (requires { form.is_nothing(value); }) {
      if (!form.is_nothing(value)) required(name, value, form);
    } else if constexpr (requires { value.empty(); }) {
      if (!value.empty()) required(name, value, form);
    } else if (value != Value{}) {
      required(name, value, form);
    }
  }
  template <typename List>
  void object(std::string_view name, List list) {
    begin(name);
    JsonMembersOut members(out_);
    list(members);
    members.finish();
  }
  void pass_over_others() {}

  void finish() { out_ += '}'; }

 private:
  void begin(std::string_view name);

  std::string& out_;
  bool first_ = true;
};

template <typename List>
void JsonMembersIn::object(std::string_view name, List list) {
  const auto raw = find(name);
  if (!raw) at_.fail("it lacks '" + std::string(name) + "'");
  JsonCursor in(*raw);
  const JsonAt at(at_, name);
  JsonMembersIn members(in, at);
  list(members);
  members.finish();
}

template <typename Value>
struct JsonForm {
  [[nodiscard]] static Value read(JsonCursor& in, const JsonAt& at) {
    Value value{};
    JsonMembersIn members(in, at);
    json_members(members, value);
    members.finish();
    return value;
  }
  static void write(const Value& value, std::string& out) {
    JsonMembersOut members(out);
    // The list is one for both ways, so it takes what may be changed; this one changes nothing.
    json_members(members, const_cast<Value&>(value));
    members.finish();
  }
};

// ---- Whole texts ----

// `file` is how complaints call it.
template <typename Value>
[[nodiscard]] Value read_json(std::string_view text, std::string_view file) {
  const JsonAt at(file);
  JsonCursor in(text);
  Value value = JsonForm<Value>().read(in, at);
  at.reading([&] { in.expect_end(); });
  return value;
}

template <typename Value>
[[nodiscard]] std::string write_json(const Value& value) {
  std::string out;
  JsonForm<Value>().write(value, out);
  return out;
}

}  // namespace recrank
