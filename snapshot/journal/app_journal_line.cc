// Format: docs/formats/app-journal.md
#include "snapshot/journal/app_journal_line.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::program {
namespace {

constexpr uint64_t kTimeMax = 253'402'300'799'999;  // the end of the year 9999

[[noreturn]] void fail(const char* what) { throw Error(ErrorCode::kInvalidData, what); }

// The whole part: clocks of higher resolution write fractions.
uint64_t read_time(std::string_view raw) {
  uint64_t time = 0;
  for (const char c : raw) {
    if (c == '.') break;
    if (c < '0' || c > '9' || time > kTimeMax) fail("its timestamp is no time in milliseconds");
    time = time * 10 + static_cast<uint64_t>(c - '0');
  }
  if (raw.empty() || time > kTimeMax) fail("its timestamp is no time in milliseconds");
  return time;
}

AppRecord::Kind read_kind(const std::string& kind) {
  if (kind == "log") return AppRecord::Kind::kLog;
  if (kind == "span-open") return AppRecord::Kind::kSpanOpen;
  if (kind == "span-close") return AppRecord::Kind::kSpanClose;
  fail("its kind is neither log, span-open nor span-close");
}

void take_member(std::string_view key, JsonCursor& cursor, AppRecord& record) {
  const bool text = cursor.peek_kind() == '"';
  if (key == "timestamp") {
    record.time_ms = read_time(cursor.raw_value());
  } else if (key == "attributes" && cursor.peek_kind() == '{') {
    record.attributes = cursor.raw_value();
  } else if (key == "body" && text) {
    record.body = cursor.raw_value();
  } else if (text && (key == "name" || key == "msg")) {
    record.name = cursor.string_value();
  } else if (text && key == "spanId") {
    record.span = cursor.string_value();
  } else if (text && key == "parentSpanId") {
    record.parent = cursor.string_value();
  } else if (text && key == "conversationId") {
    record.conversation = cursor.string_value();
  } else if (text && key == "turnId") {
    record.turn = cursor.string_value();
  } else if (text && key == "status") {
    record.status = cursor.string_value();
  } else {
    cursor.skip_value();
  }
}

}  // namespace

AppRecord read_app_record(std::string_view line) {
  AppRecord record;
  bool kind = false;
  bool time = false;
  JsonCursor cursor(line);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "kind" && cursor.peek_kind() == '"') {
      record.kind = read_kind(cursor.string_value());
      kind = true;
      continue;
    }
    time = time || *key == "timestamp";
    take_member(*key, cursor, record);
  }
  cursor.expect_end();
  if (!kind || !time) fail("it has no kind or no timestamp");
  if (record.kind != AppRecord::Kind::kLog && record.span.empty()) fail("a span without a spanId");
  return record;
}

bool looks_like_app_record(std::string_view line) {
  for (const std::string_view begin :
       {R"({"kind":"log",)", R"({"kind":"span-open",)", R"({"kind":"span-close",)"}) {
    if (line.starts_with(begin)) return true;
  }
  return false;
}

std::string app_attribute(std::string_view attributes, std::string_view name) {
  if (attributes.empty()) return "";
  JsonCursor cursor(attributes);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key != name) {
      cursor.skip_value();
    } else if (cursor.peek_kind() == '"') {
      return cursor.string_value();
    } else {
      return std::string(cursor.raw_value());
    }
  }
  return "";
}

std::string utc_words(uint64_t time_ms) {
  using std::chrono::milliseconds;
  using std::chrono::sys_time;
  const sys_time<milliseconds> time{milliseconds(static_cast<int64_t>(time_ms))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto rest = time - day;
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(std::chrono::duration_cast<std::chrono::hours>(rest).count()),
      static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(rest).count() % 60),
      static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(rest).count() % 60),
      static_cast<int>(rest.count() % 1000)));
  return text.data();
}

}  // namespace recrank::program
