// Writes a capsule: one file (.crank, LMDB) with all that a replay of one subject and range needs,
// the engine's binary excepted. The reader (snapshot/capsule.h) is itself a Recording.
// Format: docs/formats/capsule.md
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/recording.h"

namespace recrank {

// Which engine the verdict was seen on, and how to come by it.
struct CapsuleEngine {
  std::string name;
  std::string sha256;
  std::string version;
  std::string dialect;
  std::string how_to_get;  // one line for people
};

// The verdict that a replay of the capsule is expected to give.
struct CapsuleVerdict {
  std::string kind;  // "crashed", as reports spell it
  std::optional<uint64_t> step;
  std::string signature;
  std::string headline;  // "crashed at step 361: SIGSEGV"
};

struct CapsuleRequest {
  std::string subject_id;
  StepRange range;                 // all held; begins at the checkpoint
  Checkpoint checkpoint;
  VatSetup setup;                  // what a fresh worker is told: bundles too, whoever supplied them
  std::optional<CapsuleEngine> engine;
  std::optional<CapsuleVerdict> verdict;
  std::vector<std::string> replay_options;  // words that belong to the verdict: "--memory-limit 1500MB"
  std::vector<std::string> notes;           // for people; "shrunk from 362 steps"
};

// `to` appears whole or not at all, and must not be there before (kUsage). Equal input gives equal
// bytes. Throws what the recording throws.
void write_capsule(const Recording& recording, const CapsuleRequest& request,
                   const std::filesystem::path& to);

}  // namespace recrank
