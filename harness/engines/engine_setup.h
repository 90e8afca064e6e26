// The bundles that came with an engine, as texts that can be handed on.
#pragma once

#include <string>

#include "harness/engines/engine_registry.h"
#include "replay/engine.h"
#include "snapshot/recording.h"

namespace recrank {

// Fills the parts of an engine in `setup` (its bundles), where they are missing, with those that a
// fresh worker of this engine would be told; its name is as EngineRegistry::open() takes it. An
// engine without bundles leaves them missing.
void fill_from_engine(Setup& setup, const EngineRegistry& registry, const EngineIdentity& engine);

// One line for people: where a worker with this identity comes from.
[[nodiscard]] std::string how_to_get(const EngineRegistry& registry, const EngineIdentity& engine);

}  // namespace recrank
