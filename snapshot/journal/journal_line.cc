// Format: docs/formats/journal.md
#include "snapshot/journal/journal_line.h"

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::program {
namespace {

constexpr size_t kFactsMax = 20;
constexpr size_t kFactBytesMax = 1000;

void require_object(JsonCursor& cursor) {
  if (cursor.peek_kind() != '{')
    throw Error(ErrorCode::kInvalidData, "the line is not a JSON object");
}

// `member` must not be there already: which of two would be meant?
void take_once(std::string_view& member, const char* name, JsonCursor& cursor) {
  if (!member.empty()) {
    throw Error(ErrorCode::kInvalidData, "the line has two members \"" + std::string(name) + "\"");
  }
  member = cursor.raw_value();
}

}  // namespace

JournalHeader read_journal_header(std::string_view line) {
  JournalHeader header;
  JsonCursor cursor(line);
  require_object(cursor);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const std::string name = json_unescape(*key);
    if (name == "schema" || cursor.peek_kind() != '"') {
      cursor.skip_value();
      continue;
    }
    std::string value = cursor.string_value();
    if (name == "subject") {
      header.subject = std::move(value);
    } else if (header.facts.size() < kFactsMax) {
      header.facts.emplace_back(name.substr(0, kFactBytesMax), value.substr(0, kFactBytesMax));
    }
  }
  cursor.expect_end();
  return header;
}

JournalEvent read_journal_line(std::string_view line, JournalForm form) {
  JsonCursor cursor(line);
  require_object(cursor);
  if (form == JournalForm::kBare) {
    cursor.skip_value();
    cursor.expect_end();
    return {line, {}, {}};
  }
  JournalEvent found;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "event") {
      take_once(found.event, "event", cursor);
    } else if (*key == "answer") {
      take_once(found.answer, "answer", cursor);
    } else if (*key == "calls") {
      if (cursor.peek_kind() != '[') throw Error(ErrorCode::kInvalidData, "\"calls\" is no array");
      take_once(found.calls, "calls", cursor);
    } else {
      cursor.skip_value();
    }
  }
  cursor.expect_end();
  if (found.event.empty()) throw Error(ErrorCode::kInvalidData, "the line holds no \"event\"");
  return found;
}

bool is_journal_header(std::string_view line) {
  try {
    JsonCursor cursor(line);
    cursor.enter_object();
    while (const auto key = cursor.next_key()) {
      const bool schema = *key == "schema" && cursor.peek_kind() == '"';
      if (schema) return cursor.string_value() == kJournalSchema;
      cursor.skip_value();
    }
  } catch (const Error&) {
    return false;  // not JSON: not a header
  }
  return false;
}

}  // namespace recrank::program
