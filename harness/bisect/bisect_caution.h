// Whether an engine that does not show a finding may only hide it: its replay under harmless
// variations, or where those cannot be had, more plain runs.
#pragma once

#include "harness/bisect/bisect_session.h"

namespace recrank {

[[nodiscard]] Caution look_behind(const Recording& recording, const OpenedCandidate& engine,
                                  BisectProber& prober, const HuntedFinding& hunted,
                                  const ReplayPlan& plan, const BisectRequest& request);

}  // namespace recrank
