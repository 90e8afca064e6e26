// The steps of one recording with the checkpoints of another: an archive of what happened, and a
// copy of the state from before it.
#pragma once

#include <memory>

#include "snapshot/recording.h"

namespace recrank {

// Subjects are joined by their ids; one that `state` has no checkpoint for inside its held steps
// cannot be replayed, and says so. Everything but checkpoints, their bytes and their hashes is that
// of `steps`.
//
// kUsage when the two cannot be of one history: they are of different dialects, have no subject in
// common, or tell the last step before a checkpoint differently, where both hold it (facts that
// machines must agree on, where there are any, else its bytes). Whether the state leads on to a
// step that only one of them holds is for the engine to say.
[[nodiscard]] std::unique_ptr<Recording> join_checkpoints(std::unique_ptr<Recording> steps,
                                                          std::unique_ptr<Recording> state);

}  // namespace recrank
