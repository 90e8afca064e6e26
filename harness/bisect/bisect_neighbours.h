// The two engines between which a change lies: that they stand, and what the good one may hide.
#pragma once

#include "harness/bisect/bisect_work.h"

namespace recrank {

// True when the neighbours stand, or there are none; false when the good one showed the finding
// after all: it is bad now, and the search goes on.
[[nodiscard]] bool confirm_neighbours(BisectWork& work);

// Variations of the good one.
void look_behind_good(BisectWork& work);

// Under the claim of one change a wrong answer means that the good neighbour itself is a miss, and
// any engine that was called good could have come to stand there.
void bound_misses(BisectWork& work);

}  // namespace recrank
