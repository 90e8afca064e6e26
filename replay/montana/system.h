// The system montana, for the one table (harness/systems.cc).
#pragma once

#include "replay/system.h"

namespace recrank::montana {

extern const System kSystem;

}  // namespace recrank::montana
