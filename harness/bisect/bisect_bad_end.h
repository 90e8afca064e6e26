// What is hunted, and how often the bad end shows it: what all of a bisection rests on.
#pragma once

#include "harness/bisect/bisect_work.h"

namespace recrank {

// From the bad end inwards to the first engine that shows a finding, which is hunted from then on.
// False: none does, or none can be judged (the result's `why`), or it was interrupted.
[[nodiscard]] bool meet_finding(BisectWork& work);

// The control: does the finding come from the nearest checkpoint too? If so, probes start there.
// And so many runs of the bad end that its rate is known well enough to call others good.
void know_bad_end(BisectWork& work);

}  // namespace recrank
