// The system agoric, for the one table (harness/systems.cc).
#pragma once

#include "replay/system.h"

namespace recrank::agoric {

extern const System kSystem;

}  // namespace recrank::agoric
