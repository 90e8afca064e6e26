#include "replay/system.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

[[noreturn]] void refuse_dialect(std::string_view name) {
  std::string known;
  for (const System* system : systems()) {
    for (const Dialect* dialect : system->dialects) known += " " + std::string(dialect->name());
  }
  throw Error(ErrorCode::kUnsupported,
              "this recrank knows no dialect '" + printable(name, 60) + "'; it knows" + known);
}

bool has(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const Dialect& dialect_named(std::string_view name) {
  for (const System* system : systems()) {
    for (const Dialect* dialect : system->dialects) {
      if (dialect->name() == name) return *dialect;
    }
  }
  refuse_dialect(name);
}

const System& system_of_dialect(std::string_view name) {
  for (const System* system : systems()) {
    for (const Dialect* dialect : system->dialects) {
      if (dialect->name() == name) return *system;
    }
  }
  refuse_dialect(name);
}

bool is_option_of_another(const System& system, std::string_view option) {
  if (has(system.options, option)) return false;
  return std::any_of(systems().begin(), systems().end(),
                     [&](const System* each) { return has(each->options, option); });
}

const System* system_of_programs() {
  for (const System* system : systems()) {
    if (system->programs != nullptr) return system;
  }
  return nullptr;
}

const EngineKind* find_engine_kind(std::string_view kind) {
  for (const System* system : systems()) {
    for (const EngineKind& each : system->kinds) {
      if (each.name == kind) return &each;
    }
  }
  return nullptr;
}

std::string engine_kind_names() {
  std::vector<std::string> names;
  for (const System* system : systems()) {
    for (const EngineKind& each : system->kinds)
      names.push_back("\"" + std::string(each.name) + "\"");
  }
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return text;
}

}  // namespace recrank
