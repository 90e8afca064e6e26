// The table of contents of a capsule: one JSON object.
// Format: docs/formats/capsule.md ("Manifest")
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snapshot/capsule/capsule_step.h"
#include "snapshot/claim.h"
#include "snapshot/recording.h"

namespace recrank {

// How the manifest spells the texts of a Setup that it has members for, which are those of vats;
// any other stands in "texts" by its own name.
enum class CapsuleTextForm {
  kApart,       // the sha256 of a value
  kFreshApart,  // the same, and left out where no step of the range starts a fresh engine
  kFlag,
  kNumber,
};
struct CapsuleText {
  std::string_view name;    // in the Setup
  std::string_view member;  // of the manifest
  CapsuleTextForm form;
};
inline constexpr CapsuleText kCapsuleTexts[] = {
    {"lockdown", "lockdown_bundle", CapsuleTextForm::kFreshApart},
    {"supervisor", "supervisor_bundle", CapsuleTextForm::kFreshApart},
    {"vat-bundle", "vat_bundle", CapsuleTextForm::kFreshApart},
    {"vat-parameters", "vat_parameters", CapsuleTextForm::kApart},
    {"cache-size", "cache_size", CapsuleTextForm::kApart},
    {"enable-disavow", "enable_disavow", CapsuleTextForm::kFlag},
    {"relax-durability-rules", "relax_durability_rules", CapsuleTextForm::kFlag},
    {"meter-limit", "meter_limit", CapsuleTextForm::kNumber}};
// What a text of that name is, also where no member is made for it.
[[nodiscard]] CapsuleTextForm capsule_text_form(std::string_view name);
// The one text whose lack has a member.
inline constexpr std::string_view kCapsuleMissingText = "vat-bundle";
inline constexpr std::string_view kCapsuleMissingMember = "missing_vat_bundle";

// A Setup whose large texts stand apart.
struct CapsuleSetup {
  uint64_t from_step = 0;        // holds from there up to the next setup
  Setup plain;                   // without the texts that stand apart
  std::vector<NamedText> apart;  // the sha256 of each
};

struct CapsuleCheckpoint {
  Checkpoint checkpoint;  // sha256: what the recording promises
  std::string value;      // sha256 of what is packed, the same one unless that is damaged
};

struct CapsuleManifest {
  std::string created_by;                    // "recrank 0.1.0"
  CapsuleForm form_max = CapsuleForm::kVat;  // the highest one of its steps
  std::string dialect;
  std::string origin_kind;  // "swingstore-sqlite"
  std::vector<std::pair<std::string, std::string>> origin_facts;
  Subject subject;  // held: the one range
  uint64_t blocks = 0;
  std::string steps_sha256;  // of the hashes of all blocks, in order, as text
  // By from_step; the first one holds for the first step. Empty: no engine is told anything.
  std::vector<CapsuleSetup> setups;
  std::vector<CapsuleCheckpoint> checkpoints;  // by next_step; the first one begins the range
  Claim claim;

  [[nodiscard]] StepRange range() const { return subject.held.front(); }
};

// The lowest schema that holds all of it.
[[nodiscard]] std::string_view capsule_schema_of(const CapsuleManifest& manifest);

// The manifest's words for the dialects that the first capsules knew; all others go by their names.
inline constexpr std::pair<std::string_view, std::string_view> kCapsuleDialects[] = {
    {"xsnap-2021", "2021"}, {"xsnap-2024", "2024"}};
// And for kinds of checkpoints.
inline constexpr std::pair<CheckpointKind, std::string_view> kCapsuleCheckpointKinds[] = {
    {CheckpointKind::kGenesis, "genesis"},
    {CheckpointKind::kHeapSnapshot, "heap-snapshot"},
    {CheckpointKind::kTables, "tables"},
    {CheckpointKind::kOwn, "own"}};

// Equal manifests give equal text. The schema is the lowest one that holds it.
[[nodiscard]] std::string write_capsule_manifest(const CapsuleManifest& manifest);

// Untrusted text. kInvalidData for what is not a manifest: a member twice or missing, a hash that
// is none, steps or checkpoints out of their range; kUnsupported for another schema. Members that
// are not known are passed over.
[[nodiscard]] CapsuleManifest parse_capsule_manifest(std::string_view json);

}  // namespace recrank
