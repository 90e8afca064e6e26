// One line of a server's own journal of spans. Format: docs/formats/app-journal.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank::program {

struct AppRecord {
  enum class Kind { kLog, kSpanOpen, kSpanClose };
  Kind kind = Kind::kLog;
  std::string name;             // of the span; of a log what it says
  std::string span;             // "spanId"
  std::string parent;           // "parentSpanId"; empty: none
  std::string conversation;     // "conversationId"; empty: none
  std::string turn;             // "turnId"; empty: none
  std::string status;           // of a closed span: "ok", "error"
  uint64_t time_ms = 0;         // since 1970
  std::string_view attributes;  // slice of the line: JSON object; empty: none
  std::string_view body;        // slice of the line: JSON string; empty: none
};

// Throws kInvalidData, without its place, for what is no such record. `line` is without its '\n'.
[[nodiscard]] AppRecord read_app_record(std::string_view line);

// Whether a line begins as such records do, also one that is cut off; never throws.
[[nodiscard]] bool looks_like_app_record(std::string_view line);

// The string or the number that a member of `attributes` holds, as text; empty: there is none.
[[nodiscard]] std::string app_attribute(std::string_view attributes, std::string_view name);

// "2026-06-27T23:21:46.000Z"
[[nodiscard]] std::string utc_words(uint64_t time_ms);

}  // namespace recrank::program
