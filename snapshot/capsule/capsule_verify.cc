// Format: docs/formats/capsule.md
#include "snapshot/capsule/capsule_verify.h"

#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/capsule/capsule_blocks.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/capsule/capsule_value.h"

namespace recrank {
namespace {

constexpr size_t kDamageMax = 1000;  // more says nothing new

class Verification {
 public:
  Verification(const LmdbEnv& env, MDB_dbi dbi, const CapsuleManifest& manifest,
               const VerifyScope& scope)
      : env_(env), dbi_(dbi), manifest_(manifest), scope_(scope) {}

  HashReport run() {
    if (scope_.parts != VerifyParts::kHeaps) {
      if (scope_.subject_id.empty() && !scope_.range) verify_keys();
      verify_steps();
      verify_texts();
    }
    if (scope_.parts != VerifyParts::kAllButHeaps) verify_heaps();
    return std::move(report_);
  }

 private:
  void verify_steps();
  void verify_texts();
  void verify_heaps();
  void verify_keys();
  void add_damage(const std::string& place, const Error& error);

  const LmdbEnv& env_;
  MDB_dbi dbi_;
  const CapsuleManifest& manifest_;
  const VerifyScope& scope_;
  HashReport report_;
};

void Verification::add_damage(const std::string& place, const Error& error) {
  if (error.code() != ErrorCode::kInvalidData) throw error;
  if (report_.damage.size() >= kDamageMax) return;
  std::string what = error.what();
  if (what.starts_with(place + ": ")) what.erase(0, place.size() + 2);
  report_.damage.push_back({place, std::move(what), manifest_.subject.id});
}

// Each block ends where the next one begins, and their hashes are those of the manifest.
void Verification::verify_steps() {
  const StepRange whole = manifest_.range();
  const LmdbTxn txn(env_);
  Sha256 digest;
  uint64_t due = whole.begin;
  uint64_t blocks = 0;
  LmdbCursor cursor(txn, dbi_);
  auto record = cursor.seek_at_or_before(capsule_steps_key(due));
  for (; record && record->first.starts_with(kCapsuleStepsPrefix); record = cursor.next()) {
    digest.update(record->second.substr(0, kCapsuleHashBytes));
    ++blocks;
    const std::string place = env_.shown() + ": block '" + printable(record->first, 60) + "'";
    try {
      // The key says where it begins, so that one bad block does not hide the others.
      if (record->first != capsule_steps_key(due)) {
        throw Error(ErrorCode::kInvalidData, place + ": step " + std::to_string(due) + " was due");
      }
      CapsuleBlockReader block(record->second, place, manifest_.form_max);
      const StepRange here{block.first_step(), block.first_step() + block.steps()};
      if (here.begin != due || here.end > whole.end) {
        throw Error(ErrorCode::kInvalidData, place + ": holds steps " + range_text(here));
      }
      due = here.end;
      const bool wanted =
          !scope_.range || (scope_.range->begin < here.end && here.begin < scope_.range->end);
      if (!wanted) continue;
      Step step;
      while (block.next(step)) {
      }
      ++report_.spans;
    } catch (const Error& error) {
      add_damage(place, error);
      return;  // what follows would only be damage of the same place
    }
  }
  if (due != whole.end || blocks != manifest_.blocks ||
      digest.finish_hex() != manifest_.steps_sha256) {
    const std::string place = env_.shown() + ": steps";
    add_damage(place, Error(ErrorCode::kInvalidData,
                            place + ": " + std::to_string(blocks) + " blocks up to step " +
                                std::to_string(due) + " are not those that the manifest names"));
  }
}

void Verification::verify_texts() {
  const LmdbTxn txn(env_);
  std::set<std::string> seen;
  for (const CapsuleSetup& setup : manifest_.setups) {
    for (const NamedText& each : setup.apart) {
      if (!seen.insert(each.text).second) continue;
      try {
        static_cast<void>(read_capsule_text(txn, dbi_, each.text));
        ++report_.bundles;
      } catch (const Error& error) {
        add_damage(env_.shown() + ": value " + each.text, error);
      }
    }
  }
}

void Verification::verify_heaps() {
  const LmdbTxn txn(env_);
  for (const CapsuleCheckpoint& each : manifest_.checkpoints) {
    if (each.value.empty()) continue;
    if (scope_.range && !scope_.range->contains(each.checkpoint.next_step)) continue;
    const std::string place = env_.shown() + ": " + each.checkpoint.label();
    try {
      read_capsule_value(txn, dbi_, each.value, {kCapsuleHeapBytesMax, SnapshotTrust::kHash},
                         [](std::string_view) {});
      if (each.value != each.checkpoint.sha256) {
        throw Error(ErrorCode::kInvalidData, place + ": has sha256 " + each.value + ", recorded " +
                                                 each.checkpoint.sha256 +
                                                 ": it was packed damaged");
      }
      ++report_.snapshots;
    } catch (const Error& error) {
      add_damage(place, error);
    }
  }
}

// Every record is one that the manifest knows of.
void Verification::verify_keys() {
  std::set<std::string> known{std::string(kCapsuleKey), std::string(kCapsuleHashKey)};
  const auto add = [&](const std::string& sha256) { known.insert(capsule_value_key(sha256)); };
  for (const CapsuleSetup& setup : manifest_.setups) {
    for (const NamedText& each : setup.apart) add(each.text);
  }
  for (const CapsuleCheckpoint& each : manifest_.checkpoints) {
    if (!each.value.empty()) add(each.value);
  }
  const LmdbTxn txn(env_);
  LmdbCursor cursor(txn, dbi_);
  while (const auto record = cursor.next()) {
    if (record->first.starts_with(kCapsuleStepsPrefix)) continue;  // verify_steps() counts them
    if (known.contains(std::string(record->first))) continue;
    const std::string place = env_.shown() + ": record '" + printable(record->first, 100) + "'";
    add_damage(place, Error(ErrorCode::kInvalidData, "the manifest does not know of it"));
  }
}

}  // namespace

HashReport verify_capsule(const LmdbEnv& env, MDB_dbi dbi, const CapsuleManifest& manifest,
                          const VerifyScope& scope) {
  return Verification(env, dbi, manifest, scope).run();
}

}  // namespace recrank
