// The system sqlshell, for the one table (harness/systems.cc).
#pragma once

#include "replay/system.h"

namespace recrank::sqlshell {

extern const System kSystem;

}  // namespace recrank::sqlshell
