// What a VatSetup comes to.
#pragma once

#include "snapshot/recording.h"

namespace recrank {

// Nothing is known that a fresh engine would be told: so it is of all but vats.
[[nodiscard]] bool tells_nothing(const VatSetup& setup);

}  // namespace recrank
