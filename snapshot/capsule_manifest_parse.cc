// Format: docs/formats/capsule.md ("Manifest")
#include <initializer_list>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/capsule_format.h"
#include "snapshot/capsule_manifest.h"

namespace recrank {
namespace {

[[noreturn]] void fail(const std::string& what) {
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

std::string read_hash(JsonCursor& cursor) {
  std::string hash = cursor.string_value();
  const bool good = hash.size() == kCapsuleHashBytes &&
                    hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!good) fail("'" + printable(hash, 80) + "' is not a sha256");
  return hash;
}

uint64_t read_step_number(JsonCursor& cursor) {
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

constexpr std::pair<SubjectState, std::string_view> kStates[] = {
    {SubjectState::kAlive, "alive"}, {SubjectState::kTerminated, "terminated"}};

Subject read_subject(JsonCursor& cursor) {
  Subject subject;
  read_object(cursor, "subject", {"id", "name", "manager", "state"}, [&](std::string_view key) {
    if (key == "id")
      subject.id = cursor.string_value();
    else if (key == "name")
      subject.name = cursor.string_value();
    else if (key == "manager")
      subject.manager = cursor.string_value();
    else if (key == "kind")
      subject.kind = cursor.string_value();
    else if (key == "state")
      subject.state = read_word(cursor, kStates);
    else if (key == "incarnations")
      subject.incarnations = cursor.uint_value();
    else if (key == "number_offset")
      subject.number_offset = read_step_number(cursor);
    else
      return false;
    return true;
  });
  if (subject.id.empty()) fail("subject has no id");
  return subject;
}

void read_steps(JsonCursor& cursor, CapsuleManifest& manifest) {
  StepRange range;
  read_object(cursor, "steps", {"from", "to", "blocks", "sha256"}, [&](std::string_view key) {
    if (key == "from")
      range.begin = read_step_number(cursor);
    else if (key == "to")
      range.end = read_step_number(cursor) + 1;
    else if (key == "blocks")
      manifest.blocks = cursor.uint_value();
    else if (key == "sha256")
      manifest.steps_sha256 = read_hash(cursor);
    else
      return false;
    return true;
  });
  const uint64_t count = range.empty() ? 0 : range.end - range.begin;
  if (count == 0 || manifest.blocks == 0 || manifest.blocks > count) {
    fail("steps " + std::to_string(range.begin) + ".." + std::to_string(range.end - 1) + " in " +
         std::to_string(manifest.blocks) + " blocks");
  }
  manifest.subject.held = {range};
}

CapsuleSetup read_setup(JsonCursor& cursor) {
  CapsuleSetup setup;
  VatSetup& plain = setup.plain;
  read_object(cursor, "a setup", {"from", "worker_name"}, [&](std::string_view key) {
    if (key == "from")
      setup.from_step = read_step_number(cursor);
    else if (key == "worker_name")
      plain.worker_name = cursor.string_value();
    else if (key == "lockdown_bundle")
      setup.lockdown_bundle = read_hash(cursor);
    else if (key == "supervisor_bundle")
      setup.supervisor_bundle = read_hash(cursor);
    else if (key == "vat_bundle")
      setup.vat_bundle = read_hash(cursor);
    else if (key == "missing_vat_bundle")
      plain.missing_vat_bundle = cursor.string_value();
    else if (key == "vat_parameters")
      setup.vat_parameters = read_hash(cursor);
    else if (key == "cache_size")
      setup.cache_size = read_hash(cursor);
    else if (key == "enable_disavow")
      plain.enable_disavow = cursor.bool_value();
    else if (key == "relax_durability_rules")
      plain.relax_durability_rules = cursor.bool_value();
    else if (key == "meter_limit")
      plain.meter_limit = cursor.uint_value();
    else
      return false;
    return true;
  });
  return setup;
}

CapsuleCheckpoint read_checkpoint(JsonCursor& cursor) {
  CapsuleCheckpoint each;
  Checkpoint& checkpoint = each.checkpoint;
  read_object(cursor, "a checkpoint", {"kind", "next_step"}, [&](std::string_view key) {
    if (key == "kind")
      checkpoint.kind = read_word(cursor, kCapsuleCheckpointKinds);
    else if (key == "next_step")
      checkpoint.next_step = read_step_number(cursor);
    else if (key == "incarnation")
      checkpoint.incarnation = cursor.uint_value();
    else if (key == "sha256")
      checkpoint.sha256 = read_hash(cursor);
    else if (key == "bytes")
      checkpoint.size_bytes = cursor.uint_value();
    else if (key == "value")
      each.value = read_hash(cursor);
    else
      return false;
    return true;
  });
  const bool bytes = has_bytes(checkpoint.kind);
  if (bytes == checkpoint.sha256.empty() || bytes == each.value.empty()) {
    fail("checkpoint " + checkpoint.label() +
         (bytes ? " has no bytes" : " has bytes, which its kind has not"));
  }
  if (checkpoint.size_bytes > kCapsuleHeapBytesMax) {
    fail("a checkpoint of " + std::to_string(checkpoint.size_bytes) + " bytes");
  }
  return each;
}

CapsuleEngine read_engine(JsonCursor& cursor) {
  CapsuleEngine engine;
  read_object(cursor, "engine", {"name", "sha256"}, [&](std::string_view key) {
    if (key == "name")
      engine.name = cursor.string_value();
    else if (key == "sha256")
      engine.sha256 = cursor.string_value();
    else if (key == "version")
      engine.version = cursor.string_value();
    else if (key == "dialect")
      engine.dialect = cursor.string_value();
    else if (key == "how_to_get")
      engine.how_to_get = cursor.string_value();
    else
      return false;
    return true;
  });
  return engine;
}

CapsuleVerdict read_verdict(JsonCursor& cursor) {
  CapsuleVerdict verdict;
  read_object(cursor, "expected", {"kind"}, [&](std::string_view key) {
    if (key == "kind")
      verdict.kind = cursor.string_value();
    else if (key == "step")
      verdict.step = read_step_number(cursor);
    else if (key == "signature")
      verdict.signature = cursor.string_value();
    else if (key == "headline")
      verdict.headline = cursor.string_value();
    else
      return false;
    return true;
  });
  return verdict;
}

void read_origin(JsonCursor& cursor, CapsuleManifest& manifest) {
  read_object(cursor, "origin", {"kind"}, [&](std::string_view key) {
    if (key == "kind") {
      manifest.origin_kind = cursor.string_value();
      return true;
    }
    if (key != "facts") return false;
    read_list(cursor, "facts", [&] {
      std::vector<std::string> pair;
      read_list(cursor, "a fact", [&] { pair.push_back(cursor.string_value()); });
      if (pair.size() != 2) fail("a fact is not a pair");
      manifest.origin_facts.emplace_back(std::move(pair[0]), std::move(pair[1]));
    });
    return true;
  });
}

std::string read_schema(JsonCursor& cursor) {
  std::string schema = cursor.string_value();
  if (schema == kCapsuleSchema1 || schema == kCapsuleSchema2) return schema;
  throw Error(ErrorCode::kUnsupported, "manifest: schema '" + printable(schema, 60) +
                                           "'; this version reads " +
                                           std::string(kCapsuleSchema1) + " and " +
                                           std::string(kCapsuleSchema2));
}

// Members that stand apart until all is read.
struct Apart {
  std::string schema;
  Subject subject;
};

bool read_member(std::string_view key, JsonCursor& cursor, CapsuleManifest& manifest,
                 Apart& apart) {
  if (key == "schema")
    apart.schema = read_schema(cursor);
  else if (key == "created_by")
    manifest.created_by = cursor.string_value();
  else if (key == "era")
    manifest.era = read_word(cursor, kCapsuleEras);
  else if (key == "origin")
    read_origin(cursor, manifest);
  else if (key == "subject")
    apart.subject = read_subject(cursor);
  else if (key == "steps")
    read_steps(cursor, manifest);
  else if (key == "setups") {
    read_list(cursor, "setups", [&] { manifest.setups.push_back(read_setup(cursor)); });
  } else if (key == "checkpoints") {
    read_list(cursor, "checkpoints",
              [&] { manifest.checkpoints.push_back(read_checkpoint(cursor)); });
  } else if (key == "engine")
    manifest.claim.engine = read_engine(cursor);
  else if (key == "expected")
    manifest.claim.verdict = read_verdict(cursor);
  else if (key == "replay_options") {
    read_list(cursor, "replay_options",
              [&] { manifest.claim.replay_options.push_back(cursor.string_value()); });
  } else if (key == "notes") {
    read_list(cursor, "notes", [&] { manifest.claim.notes.push_back(cursor.string_value()); });
  } else
    return false;
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
