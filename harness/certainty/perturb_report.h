// What `replay --perturb K` tells: the member "perturb" and the table for people.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "harness/certainty/perturb_session.h"
#include "harness/request/replay_options.h"

namespace recrank {

// Of --perturb and --seed; kUsage where they do not go together with the other options.
[[nodiscard]] PerturbRequest perturb_request_from(const OptionValues& options, size_t jobs);

// kUsage where no variation can be made to how the recording is replayed, and some were asked for:
// plain runs again would prove nothing.
void require_variations(const Recording& recording, const PerturbRequest& request);

// `reproduce`: the command of each run, in their order; empty for clean ones.
[[nodiscard]] Json perturb_json(const PerturbedReplay& replay,
                                const std::vector<std::string>& reproduce);
[[nodiscard]] std::string perturb_text(const PerturbedReplay& replay,
                                       const std::vector<std::string>& reproduce);

// After run_session(): runs the variations of every session that could be judged, and puts what
// they found into its report. Returns the gravest verdict of them all; kClean without any.
[[nodiscard]] VerdictKind perturb_sessions(const Recording& recording, const Engine& engine,
                                           const ReplayRequest& base, const PerturbRequest& request,
                                           const ReplayCall& call, const Interrupt& interrupt,
                                           ReplayObserver* observer,
                                           std::vector<SubjectSession>& sessions);

}  // namespace recrank
