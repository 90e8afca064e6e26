// A Montana window as a step: which facts its envelope holds, and which of them machines agree on.
#pragma once

#include <string_view>

#include "snapshot/montana/montana_envelope.h"
#include "snapshot/step.h"

namespace recrank::montana {

// The names of facts that an engine computes as well; all others are in montana_step.cc.
inline constexpr std::string_view kFactNodeRoot = "node_root";
inline constexpr std::string_view kFactCandidateRoot = "candidate_root";
inline constexpr std::string_view kFactAccountRoot = "account_root";
inline constexpr std::string_view kFactStateRoot = "state_root";
inline constexpr std::string_view kFactClock = "t_r";
inline constexpr std::string_view kFactBundlesRoot = "bundles_root";
inline constexpr std::string_view kFactLink = "prev_proposal_hash";

// `step.text` holds the envelope; fills everything else. The roots of the tables stand before the
// state root that is made of them, so that the first difference says which table it is. Hashes and
// bytes are in hex, numbers in decimal. Throws as parse_envelope() does.
void fill_step(uint64_t window, Step& step);

}  // namespace recrank::montana
