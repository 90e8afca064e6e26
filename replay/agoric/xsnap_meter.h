// What an xsnap worker's meter says beside computrons.
// Format: docs/formats/xsnap-wire.md ("Replies")
#pragma once

#include <string_view>

#include "replay/meter_figures.h"

namespace recrank::agoric {

// `json` is untrusted: what cannot be read is absent, and nothing is thrown. The time stamps are
// passed over. The array of early 2021, [compute,allocate], is known too.
[[nodiscard]] MeterFigures parse_meter(std::string_view json);

}  // namespace recrank::agoric
