// What a delivery to a vat is about: method and arguments, the slots that it names, the keys of the
// vat's store that it reads and writes.
#pragma once

#include "replay/step_matter.h"
#include "snapshot/step.h"

namespace recrank::agoric {

// As far as the text tells; never throws.
[[nodiscard]] StepMatter matter_of_delivery(const Step& step);

}  // namespace recrank::agoric
