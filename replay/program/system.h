// The system program, for the one table (harness/systems.cc).
#pragma once

#include "replay/system.h"

namespace recrank::program {

extern const System kSystem;

}  // namespace recrank::program
