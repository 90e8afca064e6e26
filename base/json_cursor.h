// Walks one JSON text without building a tree, so that recorded text can be cut out and sent on
// byte for byte. Checks the grammar of all that it passes over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recrank {

// Deepest nesting that is followed; hostile text must not exhaust the stack.
inline constexpr size_t kJsonDepthMax = 512;

// A cursor over `text`, which it does not own and which must outlive it and all slices.
// A departure from the grammar throws kInvalidData "JSON: <what> at byte N". One thread at a time.
//
//   JsonCursor cursor(R"({"d":["message"],"sc":[]})");
//   cursor.enter_object();
//   while (auto key = cursor.next_key()) {
//     if (*key == "d") delivery = cursor.raw_value(); else cursor.skip_value();
//   }
//   cursor.expect_end();
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  // The kind of the next value by its first byte: one of { [ " n t f 0 (any number).
  [[nodiscard]] char peek_kind();

  // Each must be followed by next_key() / next_element() until it answers no.
  void enter_object();
  void enter_array();
  // The key as it stands in the text, without its quotes and with its escapes; nullopt at the '}'.
  [[nodiscard]] std::optional<std::string_view> next_key();
  // True when another element follows; false at the ']'.
  [[nodiscard]] bool next_element();

  // Passes over one whole value and gives its text.
  std::string_view raw_value();
  void skip_value() { raw_value(); }

  [[nodiscard]] std::string string_value();  // unescaped, UTF-8
  [[nodiscard]] std::optional<std::string> string_or_null();
  [[nodiscard]] uint64_t uint_value();  // a whole number without sign or exponent
  [[nodiscard]] bool bool_value();

  void expect_end();
  [[nodiscard]] size_t position() const { return at_; }

 private:
  [[noreturn]] void fail(const char* what) const;
  void skip_space();
  void expect(char c);
  void pass_string();
  void pass_number();
  void pass_word(std::string_view word);
  void pass_value(size_t depth);

  std::string_view text_;
  size_t at_ = 0;
  bool first_ = false;  // just behind a '{' or '['
};

// The content of a JSON string, given with or without its quotes, with all escapes resolved.
// A lone surrogate becomes its three-byte form (WTF-8), so that nothing is lost.
[[nodiscard]] std::string json_unescape(std::string_view raw);

// `text` as a JSON string with quotes, escaped as V8's JSON.stringify does it.
[[nodiscard]] std::string json_quote(std::string_view text);

// True when both texts are JSON for the same value: the order of object keys, white space and the
// spelling of strings and numbers do not count. Numbers are compared as decimals of any length,
// and a key that is there twice counts twice. Text that is not JSON equals only itself.
[[nodiscard]] bool json_equal(std::string_view a, std::string_view b);

}  // namespace recrank
