// What the JSON of a capsule's manifest is made of: objects and lists that are refused where they
// are damaged. For its parser only.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/capsule/capsule_format.h"

namespace recrank::capsule_manifest {

[[noreturn]] inline void fail(const std::string& what) {
  throw Error(ErrorCode::kInvalidData, "manifest: " + what);
}

// Calls take(key), which reads the value or answers false: then it is passed over. A member that
// stands twice, and one of `required` that is missing, are damage.
template <typename Take>
void read_object(JsonCursor& cursor, const char* name,
                 std::initializer_list<std::string_view> required, Take take) {
  std::set<std::string, std::less<>> seen;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (!seen.emplace(*key).second) {
      fail(std::string(name) + " has '" + printable(*key, 60) + "' twice");
    }
    if (!take(*key)) cursor.skip_value();
  }
  for (const std::string_view each : required) {
    if (!seen.contains(each)) fail(std::string(name) + " lacks '" + std::string(each) + "'");
  }
}

template <typename Read>
void read_list(JsonCursor& cursor, const char* name, Read read) {
  cursor.enter_array();
  for (size_t count = 0; cursor.next_element(); ++count) {
    if (count == kCapsuleListMax) {
      fail(std::string(name) + " has more than " + std::to_string(kCapsuleListMax) + " elements");
    }
    read();
  }
}

inline std::string read_hash(JsonCursor& cursor) {
  std::string hash = cursor.string_value();
  const bool good = hash.size() == kCapsuleHashBytes &&
                    hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!good) fail("'" + printable(hash, 80) + "' is not a sha256");
  return hash;
}

inline uint64_t read_step_number(JsonCursor& cursor) {
  const uint64_t number = cursor.uint_value();
  if (number > kCapsuleStepNumberMax) fail("step number " + std::to_string(number));
  return number;
}

// Text of which only the words of a table of (value, word) may stand there.
template <typename Table>
auto read_word(JsonCursor& cursor, const Table& words) {
  const std::string word = cursor.string_value();
  for (const auto& [value, name] : words) {
    if (name == word) return value;
  }
  fail("'" + printable(word, 60) + "' is not one of its words");
}

}  // namespace recrank::capsule_manifest
