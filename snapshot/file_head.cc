#include "snapshot/file_head.h"

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/named.h"

namespace recrank {

bool JsonTop::has(std::string_view name) const { return find_named(members, name) != nullptr; }

std::string JsonTop::word(std::string_view name) const {
  std::string found;
  for (const auto& [member, raw] : members) {
    if (member == name && raw.starts_with('"')) found = json_unescape(raw);
  }
  return found;
}

JsonTop json_top(std::string_view text) {
  JsonTop top;
  try {
    JsonCursor cursor(text);
    cursor.enter_object();
    top.object = true;
    while (const auto key = cursor.next_key()) {
      std::string name(*key);
      // A member whose value is cut off was there all the same.
      top.members.emplace_back(std::move(name), std::string_view());
      top.members.back().second = cursor.raw_value();
    }
    cursor.expect_end();
    top.whole = true;
  } catch (const Error&) {
    // Cut off, torn, or another format: what was seen before that counts.
  }
  return top;
}

const std::vector<FileHead::HeadLine>& FileHead::lines() const {
  if (lines_) return *lines_;
  lines_.emplace();
  std::string_view rest = bytes_;
  while (lines_->size() < kLinesMax && !rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    lines_->push_back({line, json_top(line)});
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return *lines_;
}

}  // namespace recrank
