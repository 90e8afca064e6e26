// The engine that another one is held against.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/engines/engine_registry.h"
#include "harness/request/option_values.h"
#include "snapshot/recording.h"

namespace recrank {

// --reference-engine, else the first known engine of the recording's dialect that is none of
// `used` (sha256 of programs). Engine files say what they run, and one is no measure for another:
// they are not taken unasked, and neither are debug builds. nullptr: there is none. Throws what
// opening the engine that is asked for throws.
[[nodiscard]] std::unique_ptr<Engine> open_reference_engine(const EngineRegistry& registry,
                                                            const OptionValues& options,
                                                            const Recording& recording,
                                                            const std::vector<std::string>& used);

}  // namespace recrank
