// Writes a capsule: one file (.crank, LMDB) with all that a replay of one subject and range needs,
// the engine's binary excepted. The reader (snapshot/capsule/capsule.h) is itself a Recording.
// Format: docs/formats/capsule.md
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/claim.h"
#include "snapshot/recording.h"

namespace recrank {

struct CapsuleRequest {
  std::string subject_id;
  StepRange range;  // all held; begins at the checkpoint
  Checkpoint checkpoint;
  Setup setup;  // what a fresh worker is told: bundles too, whoever supplied them
  std::optional<ClaimedEngine> engine;
  std::optional<ClaimedVerdict> verdict;
  std::vector<std::string>
      replay_options;              // words that belong to the verdict: "--memory-limit 1500MB"
  std::vector<std::string> notes;  // for people; "shrunk from 362 steps"
  // Setups of incarnations that begin inside the range, with the first step of each. Where one is
  // not given, the recording is asked.
  std::vector<std::pair<uint64_t, Setup>> later_setups;
  std::vector<Checkpoint>
      more_checkpoints;  // heaps or tables inside the range, to be packed as well
  // kBytes: heaps that are not what their hash promises are packed as they are, and the capsule
  // says so: its replay too needs to be told to trust them.
  SnapshotTrust snapshot_trust = SnapshotTrust::kHash;
  bool replace_existing = false;  // `to` may be there
};

// `to` appears whole or not at all, and must not be there before (kUsage). Equal input gives equal
// bytes. The finished file is read back and verified before it gets its name. Bundles are left out
// where no step of the range starts a fresh worker. It is for its owner alone unless everybody may
// read the recording. Memory: the largest step.
// Throws what the recording throws, kIo for the machine.
void write_capsule(const Recording& recording, const CapsuleRequest& request,
                   const std::filesystem::path& to);

}  // namespace recrank
