// The engine for Montana windows: recrank's own rules, in no process of its own.
//
// A Run holds the tables in memory, closes one recorded window after the other and tells node_root,
// candidate_root, account_root, state_root, prev_proposal_hash and, as far as it is asked to check
// the clock, t_r. It makes no calls. Layout, meters, capture and CPU accounting of processes do not
// concern it: of Limits it heeds step_wall_s, wall_s, cpu_s and memory_bytes. A checkpoint that it
// writes is packed tables (docs/formats/montana.md), and write_snapshot gives their sha256.
#pragma once

#include <memory>
#include <string_view>

#include "replay/engine.h"

namespace recrank::montana {

inline constexpr std::string_view kMontanaEngine = "montana";
// Changes whenever the same windows may be judged otherwise.
inline constexpr std::string_view kMontanaRules = "montana rules 2 (steady state, ends of a τ₂)";

// May be used from several threads at once. Reads its own program once, for its sha256.
[[nodiscard]] std::unique_ptr<Engine> make_montana_engine();

}  // namespace recrank::montana
