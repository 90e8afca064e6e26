// Shrinks by cutting off the front; the rest begins with a checkpoint. For a divergence, since what
// differs from this very recording can only be kept with the steps that the recording holds; and
// for any finding of an engine that gets its input by itself, since that executes no selection of
// steps.
#pragma once

#include "base/interrupt.h"
#include "harness/shrink/shrink_session.h"

namespace recrank {

// `result.finding` is what was found. Fills the rest; the capsule gets its name only when its own
// replay shows the same: a crash or limit of the same kind at the same step; of a divergence the
// same first difference: step, field, call or fact, and what was recorded; behind a checkpoint that
// was written for it also what came instead, since writing one may itself move computrons
// (docs/perturb.md). Throws as run_shrink() does.
void shrink_by_front_cut(const Recording& recording, const Engine& engine,
                         const ShrinkRequest& request, const Interrupt& interrupt,
                         const ShrinkObserver& observer, ShrinkResult& result);

// As said above, for two verdicts of one recording. `same_answer`: what came instead counts.
[[nodiscard]] bool same_first_difference(const Verdict& a, const Verdict& b, bool same_answer);

}  // namespace recrank
