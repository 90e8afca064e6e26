// A checkpoint that the recording lacks: an engine writes it at a step of one's choice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/interrupt.h"
#include "replay/judge/replay.h"
#include "snapshot/recording.h"

namespace recrank {

struct WrittenCheckpoint {
  Checkpoint checkpoint;  // of a vat its heap, else the tables that the engine packed
  std::shared_ptr<const Recording> recording;  // the given one, which must outlive it, with this
};

struct CheckpointAttempt {
  std::optional<WrittenCheckpoint> written;
  std::string trouble;        // not written: why
  bool cannot_write = false;  // and no other step would help: this engine writes none
  uint64_t deliveries = 0;    // that were run for it
  bool interrupted = false;
};

// Runs `plan` and writes before its first delivery of number `before_step` or a higher one. Writing
// collects garbage, so that what follows may differ a little from what came without it
// (docs/perturb.md). Throws what replay() throws.
[[nodiscard]] CheckpointAttempt write_checkpoint_before(
    const Recording& recording, const Engine& engine, const ReplayRequest& request,
    const ReplayPlan& plan, uint64_t before_step, const Interrupt& interrupt);

}  // namespace recrank
