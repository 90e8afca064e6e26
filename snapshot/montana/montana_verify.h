// The hashes that a Montana directory stores, computed anew.
#pragma once

#include <string>

#include "snapshot/montana/montana_directory.h"
#include "snapshot/montana/montana_state.h"
#include "snapshot/recording.h"

namespace recrank::montana {

// The whole envelope of a window, as bytes. kInvalidData for more than kEnvelopeBytesMax.
[[nodiscard]] std::string read_envelope(const Directory& directory, uint64_t window);

// Of each window of the scope: that its envelope can be read to its end, that its state root is
// made of its table roots, that its bundles_root is that of the bundles which it applies, that the
// bundles of the window itself hold its t_r, and that its link is the hash of the header before it,
// where that is held. In HashReport windows count as spans, the bundles under a root as bundles.
// The tables (the part kHeaps) count as one snapshot: that they are of one recorded window. Without
// a range also the files of meta/, and the clock: that it tells the same t_r as the header of its
// window, or that D hashes lead to it from the window before. What is left of an envelope and of
// the directory is told as uncovered.
[[nodiscard]] HashReport verify_montana(const Directory& directory, const State& state,
                                        const VerifyScope& scope);

}  // namespace recrank::montana
