#include "base/json_cursor.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hex.h"
#include "base/json_number.h"
#include "base/text.h"

namespace recrank {
namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// The four hex digits at `at`, or nullopt.
std::optional<uint32_t> hex4(std::string_view raw, size_t at) {
  if (at + 4 > raw.size()) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(raw[i]);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<uint32_t>(digit);
  }
  return value;
}

char simple_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;  // quote, backslash, solidus
  }
}

// Reads the \uXXXX whose 'u' is at `at`, joins a surrogate pair; returns the last byte used.
size_t append_unicode_escape(std::string& out, std::string_view raw, size_t at) {
  uint32_t code = hex4(raw, at + 1).value_or(0xFFFD);
  size_t last = at + 4;
  const bool high = code >= 0xD800 && code < 0xDC00;
  if (high && raw.substr(std::min(last + 1, raw.size()), 2) == "\\u") {
    const uint32_t low = hex4(raw, last + 3).value_or(0);
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      last += 6;
    }
  }
  append_utf8(out, code);
  return last;
}

bool equal_values(JsonCursor& a, JsonCursor& b, size_t depth);

using Members = std::vector<std::pair<std::string, std::string_view>>;

Members members_of(JsonCursor& cursor) {
  Members members;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    members.emplace_back(json_unescape(*key), std::string_view());
    members.back().second = cursor.raw_value();
  }
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  return members;
}

bool equal_objects(JsonCursor& a, JsonCursor& b, size_t depth) {
  const Members left = members_of(a);
  const Members right = members_of(b);
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].first != right[i].first) return false;
    JsonCursor x(left[i].second);
    JsonCursor y(right[i].second);
    if (!equal_values(x, y, depth + 1)) return false;
  }
  return true;
}

bool equal_arrays(JsonCursor& a, JsonCursor& b, size_t depth) {
  a.enter_array();
  b.enter_array();
  for (;;) {
    const bool more = a.next_element();
    if (more != b.next_element()) return false;
    if (!more) return true;
    if (!equal_values(a, b, depth + 1)) return false;
  }
}

bool equal_values(JsonCursor& a, JsonCursor& b, size_t depth) {
  if (depth > kJsonDepthMax) return false;
  const char kind = a.peek_kind();
  if (kind != b.peek_kind()) return false;
  if (kind == '{') return equal_objects(a, b, depth);
  if (kind == '[') return equal_arrays(a, b, depth);
  const std::string_view left = a.raw_value();
  const std::string_view right = b.raw_value();
  if (kind == '"') return left == right || json_unescape(left) == json_unescape(right);
  if (kind == '0') return left == right || json_number(left) == json_number(right);
  return left == right;
}

}  // namespace

void JsonCursor::fail(const char* what) const {
  throw Error(ErrorCode::kInvalidData,
              std::string("JSON: ") + what + " at byte " + std::to_string(at_));
}

void JsonCursor::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

void JsonCursor::expect(char c) {
  if (at_ >= text_.size()) fail("unexpected end");
  if (text_[at_] != c) {
    const std::string what = std::string("expected '") + c + "'";
    fail(what.c_str());
  }
  ++at_;
}

char JsonCursor::peek_kind() {
  skip_space();
  if (at_ >= text_.size()) fail("unexpected end");
  const char c = text_[at_];
  return is_digit(c) || c == '-' ? '0' : c;
}

void JsonCursor::enter_object() {
  skip_space();
  expect('{');
  first_ = true;
}

void JsonCursor::enter_array() {
  skip_space();
  expect('[');
  first_ = true;
}

std::optional<std::string_view> JsonCursor::next_key() {
  skip_space();
  if (at_ < text_.size() && text_[at_] == '}') {
    ++at_;
    first_ = false;
    return std::nullopt;
  }
  if (!std::exchange(first_, false)) {
    expect(',');
    skip_space();
  }
  const size_t start = at_;
  pass_string();
  const std::string_view key = text_.substr(start + 1, at_ - start - 2);
  skip_space();
  expect(':');
  return key;
}

bool JsonCursor::next_element() {
  skip_space();
  if (at_ < text_.size() && text_[at_] == ']') {
    ++at_;
    first_ = false;
    return false;
  }
  if (!std::exchange(first_, false)) expect(',');
  return true;
}

std::string_view JsonCursor::raw_value() {
  skip_space();
  const size_t start = at_;
  pass_value(0);
  return text_.substr(start, at_ - start);
}

void JsonCursor::pass_string() {
  expect('"');
  for (;;) {
    // The common run: anything that is neither the closing quote, an escape nor a control byte.
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    if (at_ >= text_.size()) fail("unexpected end in a string");
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return;
    }
    if (c != '\\') fail("control byte in a string");
    ++at_;
    if (at_ >= text_.size()) fail("unexpected end in a string");
    if (text_[at_] == 'u') {
      if (!hex4(text_, at_ + 1)) fail("bad \\u escape");
      at_ += 5;
    } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    } else {
      fail("bad escape");
    }
  }
}

void JsonCursor::pass_number() {
  const auto digits = [this] {
    if (at_ >= text_.size() || !is_digit(text_[at_])) fail("expected a digit");
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  };
  if (text_[at_] == '-') ++at_;
  if (at_ < text_.size() && text_[at_] == '0') {
    ++at_;
  } else {
    digits();
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    digits();
  }
}

void JsonCursor::pass_word(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) fail("expected a value");
  at_ += word.size();
}

void JsonCursor::pass_value(size_t depth) {
  if (depth > kJsonDepthMax) fail("nesting too deep");
  switch (peek_kind()) {
    case '{':
      enter_object();
      while (next_key()) pass_value(depth + 1);
      return;
    case '[':
      enter_array();
      while (next_element()) pass_value(depth + 1);
      return;
    case '"': return pass_string();
    case '0': return pass_number();
    case 't': return pass_word("true");
    case 'f': return pass_word("false");
    default: return pass_word("null");
  }
}

std::string JsonCursor::string_value() {
  if (peek_kind() != '"') fail("expected a string");
  return json_unescape(raw_value());
}

std::optional<std::string> JsonCursor::string_or_null() {
  if (peek_kind() == 'n') {
    skip_value();
    return std::nullopt;
  }
  return string_value();
}

uint64_t JsonCursor::uint_value() {
  if (peek_kind() != '0') fail("expected a number");
  const std::string_view raw = raw_value();
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || end != raw.data() + raw.size()) fail("expected a whole number");
  return value;
}

bool JsonCursor::bool_value() {
  const std::string_view raw = raw_value();
  if (raw != "true" && raw != "false") fail("expected true or false");
  return raw == "true";
}

void JsonCursor::expect_end() {
  skip_space();
  if (at_ != text_.size()) fail("text behind the value");
}

std::string json_unescape(std::string_view raw) {
  if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"')
    raw = raw.substr(1, raw.size() - 2);
  std::string out;
  out.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      out += raw[i];
    } else if (raw[++i] == 'u') {
      i = append_unicode_escape(out, raw, i);
    } else {
      out += simple_escape(raw[i]);
    }
  }
  return out;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (byte < 0x20) {
          out += "\\u" + number_to_hex(byte, 4);
        } else {
          out += c;
        }
    }
  }
  out += '"';
  return out;
}

bool json_equal(std::string_view a, std::string_view b) {
  if (a == b) return true;
  try {
    JsonCursor x(a);
    JsonCursor y(b);
    if (!equal_values(x, y, 0)) return false;
    x.expect_end();
    y.expect_end();
    return true;
  } catch (const Error&) {
    return false;  // not JSON: only the same bytes would be equal
  }
}

}  // namespace recrank
