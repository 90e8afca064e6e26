#include "harness/request/option_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "harness/request/option_table.h"
#include "replay/system.h"

namespace recrank {
namespace {

bool knows(const ReplayOption& option, const System& system) {
  const auto any = [&](auto can) {
    return std::any_of(system.dialects.begin(), system.dialects.end(),
                       [&](const Dialect* dialect) { return can(dialect->variations()); });
  };
  switch (option.needs) {
    case OptionNeeds::kNothing: return true;
    case OptionNeeds::kItsSystem:
      return std::find(system.options.begin(), system.options.end(), option.name) !=
             system.options.end();
    case OptionNeeds::kWritesState: return any([](const Variations& v) { return v.writes_state; });
    case OptionNeeds::kReloads: return any([](const Variations& v) { return v.reloads; });
    case OptionNeeds::kProcess: return system.native == nullptr;
  }
  return false;
}

// "agoric, program and redis".
std::string systems_that_know(const ReplayOption& option) {
  std::vector<std::string> names;
  for (const System* system : systems()) {
    if (knows(option, *system)) names.emplace_back(system->name);
  }
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return text;
}

}  // namespace

void refuse_foreign_options(const OptionValues& options, const RecordingInfo& info) {
  const System& system = system_of_dialect(info.dialect);
  for (const ReplayOption& option : replay_options()) {
    if (!options.has(option.name) || knows(option, system)) continue;
    throw Error(ErrorCode::kUsage, "--" + std::string(option.name) + " is an option of " +
                                       systems_that_know(option) + ", and " + printable(info.path) +
                                       " is of " + std::string(system.name));
  }
}

}  // namespace recrank
