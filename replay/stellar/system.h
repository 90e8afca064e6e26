// The system stellar, for the one table (harness/systems.cc).
#pragma once

#include "replay/system.h"

namespace recrank::stellar {

extern const System kSystem;

}  // namespace recrank::stellar
