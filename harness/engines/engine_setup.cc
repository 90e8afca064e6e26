#include "harness/engines/engine_setup.h"

#include <algorithm>

#include "base/fd.h"
#include "base/text.h"
#include "replay/agoric/xsnap_files.h"
#include "snapshot/agoric/bundle_text.h"

namespace recrank {
namespace {

const EngineEntry* find_entry(const EngineRegistry& registry, const std::string& name) {
  const auto known = std::find_if(registry.entries().begin(), registry.entries().end(),
                                  [&](const EngineEntry& each) { return each.name == name; });
  return known == registry.entries().end() ? nullptr : &*known;
}

void fill(std::optional<std::string>& bundle, const std::optional<std::filesystem::path>& named,
          const std::filesystem::path& beside) {
  if (bundle) return;
  const std::filesystem::path file = named.value_or(beside);
  if (!file.empty()) bundle = bundle_json_of_file(read_small_file(file, kBundleBytesMax));
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

void fill_from_engine(VatSetup& setup, const EngineRegistry& registry,
                      const EngineIdentity& engine) {
  if (engine.lockdown_sha256.empty() && engine.supervisor_sha256.empty()) return;
  EngineEntry entry;
  entry.worker = engine.name;
  if (const EngineEntry* known = find_entry(registry, engine.name)) entry = *known;
  const EngineFiles files = find_engine_files(entry.worker);
  fill(setup.lockdown_bundle, entry.lockdown, files.lockdown);
  fill(setup.supervisor_bundle, entry.supervisor, files.supervisor);
}

std::string how_to_get(const EngineRegistry& registry, const EngineIdentity& engine) {
  const EngineEntry* known = find_entry(registry, engine.name);
  if (known != nullptr && known->native) return "it is a part of recrank itself";
  if (known != nullptr && known->built_in) {
    return "recrank's ./quickstart builds it as " + printable(engine.name, 100) +
           " from the npm package @agoric/xsnap; the binary's sha256 depends on the compiler";
  }
  if (!engine.arguments.empty()) {
    const std::string page = engine.dialect == dialect_name(Era::kHenyey) ? "henyey" : "programs";
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
