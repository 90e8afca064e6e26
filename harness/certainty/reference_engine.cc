#include "harness/certainty/reference_engine.h"

#include <algorithm>

#include "base/error.h"
#include "replay/engine_file.h"
#include "replay/system.h"

namespace recrank {

std::unique_ptr<Engine> open_reference_engine(const EngineRegistry& registry,
                                              const OptionValues& options,
                                              const Recording& recording,
                                              const std::vector<std::string>& used) {
  if (const auto name = options.text("reference-engine")) return registry.open(*name);
  const std::string& dialect = recording.info().dialect;
  if (system_of_dialect(dialect).programs == nullptr) return nullptr;
  for (const EngineEntry& entry : registry.entries()) {
    if (entry.native || is_engine_file(entry.worker) || entry.name.ends_with("-debug")) continue;
    try {
      auto engine = open_engine(entry);
      const EngineIdentity& identity = engine->identity();
      const bool known = std::find(used.begin(), used.end(), identity.sha256) != used.end();
      if (identity.dialect == dialect && !known) return engine;
    } catch (const Error&) {
      continue;  // one that does not run here is no measure
    }
  }
  return nullptr;
}

}  // namespace recrank
