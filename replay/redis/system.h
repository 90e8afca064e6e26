// The system redis, for the one table (harness/systems.cc).
#pragma once

#include "replay/system.h"

namespace recrank::redis {

extern const System kSystem;

}  // namespace recrank::redis
