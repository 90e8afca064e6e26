#include "replay/difference/json_difference.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/json_number.h"
#include "base/text.h"
#include "replay/difference/decimal_delta.h"
#include "replay/difference/decoded_json.h"

namespace recrank {
namespace {

constexpr size_t kKeyBytesMax = 120;   // of one key in a path
constexpr size_t kPathBytesMax = 600;  // a longer one is cut in its middle
constexpr size_t kNamesMax = 8;        // of what only one side has
constexpr size_t kInnerLevelsMax = 4;  // JSON in a string of JSON in a string …
// Each level of nesting passes over its bytes once more. So many levels of all the bytes.
constexpr size_t kWorkPerByte = 32;
constexpr size_t kWorkFree = 1 << 20;

bool is_name(std::string_view key) {
  const auto fits = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  };
  return !key.empty() && !is_digit(key.front()) && std::all_of(key.begin(), key.end(), fits);
}

std::string index_part(size_t index) { return "[" + std::to_string(index) + "]"; }

std::string key_part(const std::string& key) {
  if (is_name(key) && key.size() <= kKeyBytesMax) return "." + key;
  return "[\"" + printable(key, kKeyBytesMax) + "\"]";
}

struct Member {
  std::string key;
  std::string_view value;
};

std::vector<Member> members_of(std::string_view text) {
  std::vector<Member> members;
  JsonCursor cursor(text);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    std::string name = json_unescape(*key);
    members.push_back({std::move(name), cursor.raw_value()});
  }
  return members;
}

std::vector<std::string_view> elements_of(std::string_view text) {
  std::vector<std::string_view> elements;
  JsonCursor cursor(text);
  cursor.enter_array();
  while (cursor.next_element()) elements.push_back(cursor.raw_value());
  return elements;
}

void add_name(std::vector<std::string>& names, size_t& count, const std::string& name) {
  if (++count <= kNamesMax) names.push_back(name);
}

void tell_more(std::vector<std::string>& names, size_t count) {
  if (count > kNamesMax) names.push_back("… " + format_count(count - kNamesMax) + " more");
}

// Throws kInvalidData where it gives up.
class Walk {
 public:
  Walk(const InnerJson& inner, size_t work) : inner_(inner), work_left_(work) {}

  // Both are JSON. True: they differ, and found() is where.
  bool differ(std::string_view expected, std::string_view got, size_t level) {
    if (expected == got) return false;
    spend(expected.size() + got.size());
    JsonCursor x(expected);
    JsonCursor y(got);
    const char kind = x.peek_kind();
    if (kind == y.peek_kind()) {
      if (kind == '{') return objects_differ(expected, got, level);
      if (kind == '[') return arrays_differ(expected, got, level);
      if (kind == '"') return strings_differ(expected, got, level);
      if (kind == '0') return numbers_differ(expected, got);
    }
    tell(expected, got);
    return true;
  }

  [[nodiscard]] Difference found() {
    found_.path = joined_path();
    return std::move(found_);
  }

  void tell(std::string_view expected, std::string_view got) {
    found_.shown = windows_around_difference(expected, got, kWindowBytes);
  }

  Difference& here() { return found_; }

 private:
  void spend(size_t bytes) {
    if (bytes > work_left_) throw Error(ErrorCode::kInvalidData, "too much work");
    work_left_ -= bytes;
  }

  [[nodiscard]] std::string joined_path() const {
    std::string path;
    for (const std::string& part : path_) path += part;
    if (path.starts_with('.')) path.erase(0, 1);
    if (path.size() <= kPathBytesMax) return path;
    size_t head = kPathBytesMax / 2;
    size_t tail = path.size() - kPathBytesMax / 2;
    const auto inside = [&path](size_t at) {
      return (static_cast<unsigned char>(path[at]) & 0xC0) == 0x80;
    };
    while (inside(head)) --head;
    while (inside(tail)) ++tail;
    return path.substr(0, head) + " … " + path.substr(tail);
  }

  bool differ_at(std::string part, std::string_view expected, std::string_view got, size_t level) {
    path_.push_back(std::move(part));
    if (differ(expected, got, level)) return true;
    path_.pop_back();
    return false;
  }

  bool arrays_differ(std::string_view expected, std::string_view got, size_t level) {
    const auto x = elements_of(expected);
    const auto y = elements_of(got);
    const size_t common = std::min(x.size(), y.size());
    for (size_t i = 0; i < common; ++i) {
      if (x[i] != y[i] && differ_at(index_part(i), x[i], y[i], level)) return true;
    }
    if (x.size() == y.size()) return false;
    const bool more_expected = x.size() > y.size();
    const size_t size = more_expected ? x.size() : y.size();
    auto& names = more_expected ? found_.only_expected : found_.only_got;
    size_t count = 0;
    for (size_t i = common; i < size; ++i) add_name(names, count, index_part(i));
    tell_more(names, count);
    tell(expected, got);
    return true;
  }

  bool objects_differ(std::string_view expected, std::string_view got, size_t level) {
    const std::vector<Member> x = members_of(expected);
    const std::vector<Member> y = members_of(got);
    // By key and by the how manieth of that key it is.
    std::map<std::pair<std::string_view, size_t>, std::string_view> others;
    const auto number_in = [](std::map<std::string_view, size_t>& seen, const Member& member) {
      return std::pair(std::string_view(member.key), seen[member.key]++);
    };
    std::map<std::string_view, size_t> seen;
    for (const Member& each : y) others.emplace(number_in(seen, each), each.value);
    seen.clear();
    size_t missing = 0;
    for (const Member& each : x) {
      const auto other = others.find(number_in(seen, each));
      if (other == others.end()) {
        add_name(found_.only_expected, missing, printable(each.key, kKeyBytesMax));
        continue;
      }
      // What is missing stands first in the text, and is the difference.
      if (missing == 0 && each.value != other->second &&
          differ_at(key_part(each.key), each.value, other->second, level)) {
        return true;
      }
      others.erase(other);
    }
    tell_more(found_.only_expected, missing);
    size_t extra = 0;
    seen.clear();
    for (const Member& each : y) {
      if (others.count(number_in(seen, each)) != 0) {
        add_name(found_.only_got, extra, printable(each.key, kKeyBytesMax));
      }
    }
    tell_more(found_.only_got, extra);
    if (missing + extra == 0) return false;
    tell(expected, got);
    return true;
  }

  bool strings_differ(std::string_view expected, std::string_view got, size_t level) {
    const std::string x = json_unescape(expected);
    const std::string y = json_unescape(got);
    if (x == y) return false;
    if (level < kInnerLevelsMax && inner_) {
      const auto inner_x = inner_(x);
      const auto inner_y = inner_x ? inner_(y) : std::nullopt;
      if (inner_y && is_json(*inner_x) && is_json(*inner_y)) {
        if (differ(*inner_x, *inner_y, level + 1)) return true;
        found_.same_value = true;
      }
    }
    tell(expected, got);
    found_.delta = decimal_delta(x, y);
    return true;
  }

  bool numbers_differ(std::string_view expected, std::string_view got) {
    const std::string x = json_number(expected);
    const std::string y = json_number(got);
    if (x == y) return false;
    tell(expected, got);
    found_.delta = decimal_delta(x, y);
    return true;
  }

  const InnerJson& inner_;
  size_t work_left_;
  std::vector<std::string> path_;
  Difference found_;
};

}  // namespace

std::optional<Difference> find_json_difference(std::string_view expected, std::string_view got,
                                               const InnerJson& inner) {
  if (!is_json(expected) || !is_json(got)) return std::nullopt;
  try {
    Walk walk(inner, kWorkFree + kWorkPerByte * (expected.size() + got.size()));
    if (!walk.differ(expected, got, 0)) {
      walk.here().same_value = true;
      walk.tell(expected, got);
    }
    return walk.found();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace recrank
