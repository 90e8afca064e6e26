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
#include "snapshot/capsule_claim.h"
#include "snapshot/recording.h"

namespace recrank {

// A VatSetup whose texts stand apart: each is the sha256 of a value.
struct CapsuleSetup {
  uint64_t from_step = 0;  // holds from there up to the next setup
  VatSetup plain;          // without the five texts
  std::optional<std::string> lockdown_bundle;
  std::optional<std::string> supervisor_bundle;
  std::optional<std::string> vat_bundle;
  std::optional<std::string> vat_parameters;
  std::optional<std::string> cache_size;
};

struct CapsuleCheckpoint {
  Checkpoint checkpoint;  // sha256: what the recording promises
  std::string value;      // sha256 of what is packed, the same one unless that is damaged
};

struct CapsuleManifest {
  std::string created_by;                    // "recrank 0.1.0"
  CapsuleForm form_max = CapsuleForm::kVat;  // the highest one of its steps
  Era era = Era::k2024;
  std::string origin_kind;  // "swingstore-sqlite"
  std::vector<std::pair<std::string, std::string>> origin_facts;
  Subject subject;  // held: the one range
  uint64_t blocks = 0;
  std::string steps_sha256;  // of the hashes of all blocks, in order, as text
  // By from_step; the first one holds for the first step. Empty: no engine is told anything.
  std::vector<CapsuleSetup> setups;
  std::vector<CapsuleCheckpoint> checkpoints;  // by next_step; the first one begins the range
  CapsuleClaim claim;

  [[nodiscard]] StepRange range() const { return subject.held.front(); }
};

// The lowest schema that holds all of it.
[[nodiscard]] std::string_view capsule_schema_of(const CapsuleManifest& manifest);

// The words of the manifest for dialects and kinds of checkpoints.
inline constexpr std::pair<Era, std::string_view> kCapsuleEras[] = {
    {Era::k2021, "2021"},  {Era::k2024, "2024"},       {Era::kProcess, "process"},
    {Era::kHttp, "http"},  {Era::kMontana, "montana"}, {Era::kHenyey, "henyey"},
    {Era::kRedis, "redis"}};
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
