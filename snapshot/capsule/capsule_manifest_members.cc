// Format: docs/formats/capsule.md ("Manifest")
#include "snapshot/capsule/capsule_manifest_members.h"

#include <utility>

#include "snapshot/capsule/capsule_manifest_json.h"

namespace recrank::capsule_manifest {
namespace {

constexpr std::pair<SubjectState, std::string_view> kStates[] = {
    {SubjectState::kAlive, "alive"}, {SubjectState::kTerminated, "terminated"}};

}  // namespace

Subject read_subject(JsonCursor& cursor) {
  Subject subject;
  read_object(cursor, "subject", {"id", "name", "manager", "state"}, [&](std::string_view key) {
    if (key == "id") subject.id = cursor.string_value();
    else if (key == "name") subject.name = cursor.string_value();
    else if (key == "manager") subject.manager = cursor.string_value();
    else if (key == "kind") subject.kind = cursor.string_value();
    else if (key == "state") subject.state = read_word(cursor, kStates);
    else if (key == "incarnations") subject.incarnations = cursor.uint_value();
    else if (key == "number_offset") subject.number_offset = read_step_number(cursor);
    else return false;
    return true;
  });
  if (subject.id.empty()) fail("subject has no id");
  return subject;
}

void read_steps(JsonCursor& cursor, CapsuleManifest& manifest) {
  StepRange range;
  read_object(cursor, "steps", {"from", "to", "blocks", "sha256"}, [&](std::string_view key) {
    if (key == "from") range.begin = read_step_number(cursor);
    else if (key == "to") range.end = read_step_number(cursor) + 1;
    else if (key == "blocks") manifest.blocks = cursor.uint_value();
    else if (key == "sha256") manifest.steps_sha256 = read_hash(cursor);
    else return false;
    return true;
  });
  const uint64_t count = range.empty() ? 0 : range.end - range.begin;
  if (count == 0 || manifest.blocks == 0 || manifest.blocks > count) {
    fail("steps " + std::to_string(range.begin) + ".." + std::to_string(range.end - 1) + " in " +
         std::to_string(manifest.blocks) + " blocks");
  }
  manifest.subject.held = {range};
}

namespace {

bool read_text(std::string_view member, JsonCursor& cursor, CapsuleSetup& setup) {
  for (const CapsuleText& each : kCapsuleTexts) {
    if (each.member != member) continue;
    switch (each.form) {
      case CapsuleTextForm::kFlag:
        setup.plain.set(each.name, cursor.bool_value() ? "true" : "false");
        break;
      case CapsuleTextForm::kNumber:
        setup.plain.set(each.name, std::to_string(cursor.uint_value()));
        break;
      default: setup.apart.push_back({std::string(each.name), read_hash(cursor)});
    }
    return true;
  }
  return false;
}

// Texts of a system that the manifest has no members for.
void read_texts(JsonCursor& cursor, CapsuleSetup& setup) {
  read_object(cursor, "texts", {}, [&](std::string_view name) {
    if (setup.apart.size() == kCapsuleListMax) fail("a setup has too many texts");
    std::string hash = read_hash(cursor);
    setup.apart.push_back({std::string(name), std::move(hash)});
    return true;
  });
}

}  // namespace

CapsuleSetup read_setup(JsonCursor& cursor) {
  CapsuleSetup setup;
  read_object(cursor, "a setup", {"from", "worker_name"}, [&](std::string_view key) {
    if (key == "from") setup.from_step = read_step_number(cursor);
    else if (key == "worker_name") setup.plain.label = cursor.string_value();
    else if (key == kCapsuleMissingMember) {
      setup.plain.missing.set(kCapsuleMissingText, cursor.string_value());
    } else if (key == "texts") read_texts(cursor, setup);
    else return read_text(key, cursor, setup);
    return true;
  });
  return setup;
}

CapsuleCheckpoint read_checkpoint(JsonCursor& cursor) {
  CapsuleCheckpoint each;
  Checkpoint& checkpoint = each.checkpoint;
  read_object(cursor, "a checkpoint", {"kind", "next_step"}, [&](std::string_view key) {
    if (key == "kind") checkpoint.kind = read_word(cursor, kCapsuleCheckpointKinds);
    else if (key == "next_step") checkpoint.next_step = read_step_number(cursor);
    else if (key == "incarnation") checkpoint.incarnation = cursor.uint_value();
    else if (key == "sha256") checkpoint.sha256 = read_hash(cursor);
    else if (key == "bytes") checkpoint.size_bytes = cursor.uint_value();
    else if (key == "value") each.value = read_hash(cursor);
    else return false;
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

ClaimedEngine read_engine(JsonCursor& cursor) {
  ClaimedEngine engine;
  read_object(cursor, "engine", {"name", "sha256"}, [&](std::string_view key) {
    if (key == "name") engine.name = cursor.string_value();
    else if (key == "sha256") engine.sha256 = cursor.string_value();
    else if (key == "version") engine.version = cursor.string_value();
    else if (key == "dialect") engine.dialect = cursor.string_value();
    else if (key == "how_to_get") engine.how_to_get = cursor.string_value();
    else return false;
    return true;
  });
  return engine;
}

ClaimedVerdict read_verdict(JsonCursor& cursor) {
  ClaimedVerdict verdict;
  read_object(cursor, "expected", {"kind"}, [&](std::string_view key) {
    if (key == "kind") verdict.kind = cursor.string_value();
    else if (key == "step") verdict.step = read_step_number(cursor);
    else if (key == "signature") verdict.signature = cursor.string_value();
    else if (key == "headline") verdict.headline = cursor.string_value();
    else return false;
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

}  // namespace recrank::capsule_manifest
