// Format: docs/formats/capsule.md ("Manifest")
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/capsule/capsule_manifest.h"
#include "snapshot/capsule/capsule_manifest_json.h"
#include "snapshot/capsule/capsule_manifest_members.h"

namespace recrank {
namespace {

using namespace capsule_manifest;

std::string read_schema(JsonCursor& cursor) {
  std::string schema = cursor.string_value();
  if (schema == kCapsuleSchema1 || schema == kCapsuleSchema2) return schema;
  throw Error(ErrorCode::kUnsupported, "manifest: schema '" + printable(schema, 60) +
                                           "'; this version reads " + std::string(kCapsuleSchema1) +
                                           " and " + std::string(kCapsuleSchema2));
}

// Whether an engine speaks it is asked when the capsule is replayed.
std::string read_dialect(JsonCursor& cursor) {
  std::string word = cursor.string_value();
  for (const auto& [name, short_word] : kCapsuleDialects) {
    if (short_word == word) return std::string(name);
  }
  constexpr size_t kDialectBytesMax = 40;
  const bool plain = !word.empty() && word.size() <= kDialectBytesMax &&
                     word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == word.npos;
  if (!plain) fail("'" + printable(word, 60) + "' is no dialect");
  return word;
}

// Members that stand apart until all is read.
struct Apart {
  std::string schema;
  Subject subject;
};

bool read_member(std::string_view key, JsonCursor& cursor, CapsuleManifest& manifest,
                 Apart& apart) {
  if (key == "schema") apart.schema = read_schema(cursor);
  else if (key == "created_by") manifest.created_by = cursor.string_value();
  else if (key == "era") manifest.dialect = read_dialect(cursor);
  else if (key == "origin") read_origin(cursor, manifest);
  else if (key == "subject") apart.subject = read_subject(cursor);
  else if (key == "steps") read_steps(cursor, manifest);
  else if (key == "setups") {
    read_list(cursor, "setups", [&] { manifest.setups.push_back(read_setup(cursor)); });
  } else if (key == "checkpoints") {
    read_list(cursor, "checkpoints",
              [&] { manifest.checkpoints.push_back(read_checkpoint(cursor)); });
  } else if (key == "engine") manifest.claim.engine = read_engine(cursor);
  else if (key == "expected") manifest.claim.verdict = read_verdict(cursor);
  else if (key == "replay_options") {
    read_list(cursor, "replay_options",
              [&] { manifest.claim.replay_options.push_back(cursor.string_value()); });
  } else if (key == "notes") {
    read_list(cursor, "notes", [&] { manifest.claim.notes.push_back(cursor.string_value()); });
  } else return false;
  return true;
}

// Both lists begin with the range and ascend inside it.
template <typename List, typename StepOf>
void check_places(const List& list, const char* name, StepRange range, StepOf step_of) {
  if (list.empty() || step_of(list.front()) != range.begin) {
    fail(std::string(name) + " do not begin with step " + std::to_string(range.begin));
  }
  for (size_t i = 1; i < list.size(); ++i) {
    if (step_of(list[i]) < step_of(list[i - 1]) || !range.contains(step_of(list[i]))) {
      fail(std::string(name) + ": step " + std::to_string(step_of(list[i])) +
           " is out of order or range");
    }
  }
}

}  // namespace

CapsuleManifest parse_capsule_manifest(std::string_view json) {
  CapsuleManifest manifest;
  Apart apart;
  JsonCursor cursor(json);
  read_object(cursor, "the whole",
              {"schema", "era", "origin", "subject", "steps", "setups", "checkpoints"},
              [&](std::string_view key) { return read_member(key, cursor, manifest, apart); });
  cursor.expect_end();
  apart.subject.held = std::move(manifest.subject.held);
  manifest.subject = std::move(apart.subject);
  if (apart.schema == kCapsuleSchema2) {
    manifest.form_max = CapsuleForm::kWhole;
  } else if (capsule_schema_of(manifest) != kCapsuleSchema1) {
    fail("holds what its schema, " + apart.schema + ", does not have");
  }
  if (!manifest.setups.empty()) {
    check_places(manifest.setups, "setups", manifest.range(),
                 [](const CapsuleSetup& each) { return each.from_step; });
  }
  check_places(manifest.checkpoints, "checkpoints", manifest.range(),
               [](const CapsuleCheckpoint& each) { return each.checkpoint.next_step; });
  return manifest;
}

}  // namespace recrank
