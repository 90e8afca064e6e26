#include "replay/logs/collected.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/logs/log_time.h"

namespace recrank {
namespace {

constexpr size_t kFieldsMax = 1000;
constexpr size_t kCollectedWordBytesMax = 200;

struct TextField {
  std::string_view name;
  int rank;  // where several are there, the highest is the line
};
constexpr std::array kTexts{TextField{"log", 5}, TextField{"MESSAGE", 4}, TextField{"message", 3},
                            TextField{"msg", 2}};
constexpr int kTracedRank = 1;

constexpr std::array<std::string_view, 6> kTimes{"time", "timestamp", "@timestamp",
                                                 "date", "ts",        "__REALTIME_TIMESTAMP"};

// A service manager's own lines tell of other units than the one that it runs in.
bool is_managers(std::string_view unit) { return unit == "init.scope"; }

std::string one_word(std::string_view text) {
  std::string word(text.substr(0, kCollectedWordBytesMax));
  std::replace(word.begin(), word.end(), ' ', '_');
  return word;
}

// Of a byte string that journalctl spells as [98,121,…], or of a field that was given several
// times, the first.
std::optional<std::string> array_text(JsonCursor& cursor) {
  std::string bytes;
  std::optional<std::string> first;
  cursor.enter_array();
  while (cursor.next_element()) {
    if (cursor.peek_kind() == '0') {
      bytes += static_cast<char>(cursor.uint_value() & 0xff);
    } else if (cursor.peek_kind() == '"' && !first) {
      first = cursor.string_value();
    } else {
      cursor.skip_value();
    }
  }
  return first ? first : bytes.empty() ? std::nullopt : std::optional(std::move(bytes));
}

std::optional<std::string> value_text(JsonCursor& cursor) {
  switch (cursor.peek_kind()) {
    case '"': return cursor.string_value();
    case '[': return array_text(cursor);
    case '{':
    case 'n': cursor.skip_value(); return std::nullopt;
    default: return std::string(cursor.raw_value());
  }
}

// The message, and the other fields behind it as tracing's text form has them.
void take_traced(JsonCursor& cursor, Collected& collected) {
  std::string message;
  std::string others;
  bool told = false;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const std::string name(*key);
    auto value = value_text(cursor);
    if (!value) continue;
    if (name == "message") {
      message = std::move(*value);
      told = true;
    } else {
      others += " " + name + "=" + *value;
    }
  }
  if (told) collected.take("fields.message", message + others);
}

void take_kubernetes(JsonCursor& cursor, Collected& collected) {
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const std::string name(*key);
    if (auto value = value_text(cursor)) collected.take(name, std::move(*value));
  }
}

void take_member(std::string_view key, JsonCursor& cursor, Collected& collected) {
  const char kind = cursor.peek_kind();
  if (key == "fields" && kind == '{') return take_traced(cursor, collected);
  if (key == "kubernetes" && kind == '{') return take_kubernetes(cursor, collected);
  if (key == "MESSAGE" && kind == 'n') collected.leave_out();
  const std::string name(key);
  if (auto value = value_text(cursor)) collected.take(name, std::move(*value));
}

// Where the value ends that begins at `begin`: at the quote before the next name, or before the end
// of the record.
size_t end_of_raw_string(std::string_view record, size_t begin) {
  for (size_t at = record.find('"', begin); at != std::string_view::npos;
       at = record.find('"', at + 1)) {
    std::string_view behind = record.substr(at + 1);
    if (behind == "}" || behind.starts_with("}]")) return at;
    if (!behind.starts_with(", \"")) continue;
    behind.remove_prefix(3);
    const size_t name_end = behind.substr(0, kCollectedWordBytesMax).find('"');
    if (name_end != std::string_view::npos && behind.substr(name_end + 1).starts_with("=>"))
      return at;
  }
  return record.size();
}

// `"log"=>"…", "stream"=>"stderr"}]`.
void take_fluent_members(std::string_view record, Collected& collected) {
  for (size_t fields = 0; fields < kFieldsMax && record.starts_with('"'); ++fields) {
    const size_t name_end = record.find("\"=>", 1);
    if (name_end == std::string_view::npos) return;
    const std::string name(record.substr(1, name_end - 1));
    record.remove_prefix(name_end + 3);
    const bool quoted = record.starts_with('"');
    const size_t end = quoted ? end_of_raw_string(record, 1) : record.find_first_of(",}");
    if (end == std::string_view::npos) return;
    const size_t begin = quoted ? 1 : 0;
    collected.take(name == "kubernetes" ? "" : name,
                   std::string(record.substr(begin, end - begin)));
    record.remove_prefix(std::min(end + begin, record.size()));
    if (name == "kubernetes" && record.starts_with('{')) record.remove_prefix(1);
    record.remove_prefix(std::min(record.find('"'), record.size()));
  }
}

}  // namespace

void Collected::take(std::string_view name, std::string value) {
  const auto* const text = std::find_if(kTexts.begin(), kTexts.end(),
                                        [&](const TextField& each) { return each.name == name; });
  const int rank = text != kTexts.end() ? text->rank : name == "fields.message" ? kTracedRank : 0;
  if (rank > rank_) {
    from_docker_ = name == "log";
    rank_ = rank;
    text_ = std::move(value);
  } else if (name == "__REALTIME_TIMESTAMP") {
    const auto microseconds = parse_uint(value);
    time_ = microseconds ? utc_of(*microseconds) : value;
  } else if (std::find(kTimes.begin(), kTimes.end(), name) != kTimes.end()) {
    if (time_.empty()) time_ = std::move(value);
  } else if (name == "stream") {
    stream_ = std::move(value);
  } else if (name == "_p" || name == "logtag") {
    partial_ = value == "P";
  } else if (name == "CONTAINER_PARTIAL_MESSAGE") {
    partial_ = value == "true";
  } else if (name == "SYSLOG_IDENTIFIER" || name == "ident" || (name == "_COMM" && name_.empty())) {
    name_ = one_word(value);
  } else if (name == "_PID" || (name == "SYSLOG_PID" && pid_.empty()) || name == "pid") {
    pid_ = one_word(value);
  } else if (name == "_SYSTEMD_UNIT" || name == "_SYSTEMD_USER_UNIT") {
    if (!is_managers(value)) unit_ = one_word(value);
  } else if (name == "pod_name") {
    pod_ = one_word(value);
  } else if (name == "container_name" || name == "CONTAINER_NAME") {
    container_ = one_word(value.starts_with('/') ? value.substr(1) : value);
  }
}

LogLine Collected::line() {
  if (!pod_.empty()) {
    source_ = "pod/" + pod_ + (container_.empty() ? "" : "/" + container_);
  } else if (!container_.empty()) {
    source_ = container_;
  } else if (!name_.empty()) {
    source_ = name_ + (pid_.empty() ? "" : "[" + pid_ + "]");
  }
  std::string_view text = text_ ? std::string_view(*text_) : std::string_view();
  // A line of more than 16 KiB comes in pieces, and only the last one has its end.
  const bool ended = text.ends_with('\n');
  if (ended) text.remove_suffix(1);
  const bool piece = from_docker_ && !ended && text.size() >= size_t{16} << 10;
  return {time_, source_, text, unit_, stream_, partial_ || piece};
}

std::optional<Collected> read_json_line(std::string_view line) {
  Collected collected;
  try {
    JsonCursor cursor(line);
    if (cursor.peek_kind() != '{') return std::nullopt;
    cursor.enter_object();
    while (const auto key = cursor.next_key()) take_member(*key, cursor, collected);
    cursor.expect_end();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    return std::nullopt;
  }
  if (!collected.has_text() && !collected.left_out()) return std::nullopt;
  return collected;
}

std::optional<Collected> read_fluent_line(std::string_view line) {
  const size_t open = line.substr(0, kCollectedWordBytesMax).find(": [");
  if (open == std::string_view::npos || !line.ends_with(']')) return std::nullopt;
  std::string_view rest = line.substr(open + 3);
  const bool with_metadata = rest.starts_with('[');
  if (with_metadata) rest.remove_prefix(1);
  const size_t comma = rest.find(", ");
  if (comma == 0 || comma == std::string_view::npos) return std::nullopt;
  const std::string_view time = rest.substr(0, comma);
  if (time.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(comma + 2);
  if (with_metadata) {
    const size_t record = rest.find("], ");
    if (record == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(record + 3);
  }
  if (!rest.starts_with('{')) return std::nullopt;
  if (rest.starts_with("{\"") && rest.find("\"=>") == std::string_view::npos) {
    auto collected = read_json_line(rest.substr(0, rest.size() - 1));
    if (collected) collected->take("time", std::string(time));
    return collected;
  }
  Collected collected;
  collected.take("time", std::string(time));
  take_fluent_members(rest.substr(1), collected);
  return collected.has_text() ? std::optional(std::move(collected)) : std::nullopt;
}

}  // namespace recrank
