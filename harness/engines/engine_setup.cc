#include "harness/engines/engine_setup.h"

#include <algorithm>

#include "base/text.h"

namespace recrank {
namespace {

const EngineEntry* find_entry(const EngineRegistry& registry, const std::string& name) {
  const auto known = std::find_if(registry.entries().begin(), registry.entries().end(),
                                  [&](const EngineEntry& each) { return each.name == name; });
  return known == registry.entries().end() ? nullptr : &*known;
}

// "highlight.mjs (sha256 b53d…)", as far as a line should be long.
std::string started_with(const EngineIdentity& engine) {
  constexpr size_t kShownBytes = 200;
  std::string text = printable(joined(engine.arguments, " "), kShownBytes);
  for (const auto& [file, sha256] : engine.files) {
    text += " (" + printable(file, kShownBytes) + " sha256 " + sha256 + ")";
  }
  return text;
}

}  // namespace

void fill_from_engine(Setup& setup, const EngineRegistry& registry, const EngineIdentity& engine) {
  if (engine.parts.empty()) return;
  EngineEntry entry;
  entry.worker = engine.name;
  if (const EngineEntry* known = find_entry(registry, engine.name)) entry = *known;
  auto files = programs().parts_beside(entry.worker);
  files.insert(files.begin(), entry.parts.begin(), entry.parts.end());
  for (const auto& [part, file] : files) {
    if (!setup.has(part)) setup.set(part, programs().read_setup_text(file));
  }
}

std::string how_to_get(const EngineRegistry& registry, const EngineIdentity& engine) {
  const EngineEntry* known = find_entry(registry, engine.name);
  if (known != nullptr && known->native) return "it is a part of recrank itself";
  if (known != nullptr && known->built_in) {
    return "recrank's ./quickstart builds it as " + printable(engine.name, 100) + " " +
           std::string(programs().how_to_get);
  }
  if (!engine.arguments.empty()) {
    const std::string page(system_of_dialect(engine.dialect).page);
    return "write an engine file (docs/systems/" + page +
           ".md) that starts the program of that sha256 "
           "with: " +
           started_with(engine) + "; then: recrank engines add NAME FILE";
  }
  return "get the worker with that sha256 from whoever packed this, then: recrank engines add " +
         shell_quote(std::filesystem::path(printable(engine.name, 100)).filename().string()) +
         " WORKER";
}

}  // namespace recrank
