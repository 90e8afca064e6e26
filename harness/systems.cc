// The one table of all that recrank can read and replay.
#include <algorithm>
#include <array>
#include <vector>

#include "replay/agoric/system.h"
#include "replay/montana/system.h"
#include "replay/program/system.h"
#include "replay/redis/system.h"
#include "replay/sqlshell/system.h"
#include "replay/stellar/system.h"
#include "replay/system.h"
#include "snapshot/capsule/capsule.h"

namespace recrank {

std::span<const System* const> systems() {
  static constexpr std::array kSystems{&agoric::kSystem,  &montana::kSystem, &stellar::kSystem,
                                       &program::kSystem, &redis::kSystem,   &sqlshell::kSystem};
  return kSystems;
}

std::span<const Format* const> formats() {
  static const std::vector<const Format*> all = [] {
    std::vector<const Format*> list{&kCapsuleFormat};  // of any system: before any other LMDB file
    for (const System* system : systems()) {
      std::copy(system->formats.begin(), system->formats.end(), std::back_inserter(list));
    }
    return list;
  }();
  return all;
}

}  // namespace recrank
