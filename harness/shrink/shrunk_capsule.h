// What a shrink leaves, as a capsule: steps that a free run observed, or the last ones as recorded.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "replay/judge/replay.h"
#include "replay/verdict.h"
#include "snapshot/claim.h"
#include "snapshot/made_recording.h"
#include "snapshot/made_step.h"
#include "snapshot/recording.h"

namespace recrank {

// What all capsules of one shrink have in common. Refers to its members.
struct ShrunkSource {
  const Recording& recording;
  const ReplayRequest& request;
  const Checkpoint& checkpoint;
  const ClaimedEngine& engine;
  const Setup& engine_setup;  // its bundles, for a recording that has none
  const std::vector<std::string>&
      carried;  // options of the command line that belong to the verdict
};

// The steps as a recording: numbered from 0, and what a fresh worker is told is settled.
[[nodiscard]] MadeRecording made_from(const ShrunkSource& source, std::vector<MadeStep> steps);

// `verdict`: what the last step ended with, as numbered in the recording; nullopt: nothing.
void write_shrunk_capsule(const ShrunkSource& source, const MadeRecording& made,
                          const std::optional<Verdict>& verdict, const std::filesystem::path& to);

struct CutCapsule {
  bool written = false;  // its checkpoint is not the recording's: the engine wrote it
  std::filesystem::path path;
};

// The recorded steps of `range`, which begins at the source's checkpoint and ends with the step of
// `verdict`, under their own numbers.
void write_cut_capsule(const ShrunkSource& source, StepRange range, const Verdict& verdict,
                       const CutCapsule& to);

}  // namespace recrank
