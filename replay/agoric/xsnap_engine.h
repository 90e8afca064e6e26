// Engine over one xsnap worker binary.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "replay/agoric/xsnap_dialect.h"
#include "replay/engine.h"

namespace recrank::agoric {

// What engine_probe.h found out about a worker binary.
struct XsnapProgram {
  EngineIdentity identity;
  std::filesystem::path worker;  // absolute
  const XsnapDialect* dialect = nullptr;
  // Source texts of the bundles that came with the engine; empty: none. Used for recordings that do
  // not hold their own.
  NamedTexts sources;  // by the names of setup_names.h
};

// May be used from several threads at once.
[[nodiscard]] std::unique_ptr<Engine> make_xsnap_engine(XsnapProgram program);

}  // namespace recrank::agoric
