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
// made of its table roots, and that its link is the hash of the header before it, where that is
// held. In HashReport they count as spans. The tables (the part kHeaps) count as one snapshot: that
// they are of one recorded window, and that the clock tells the same t_r as its header. Without a
// range also the files of meta/. Signatures, bundles_root and reveals_root are not computed.
[[nodiscard]] HashReport verify_montana(const Directory& directory, const State& state,
                                        const VerifyScope& scope);

}  // namespace recrank::montana
