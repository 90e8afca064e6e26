// One run of a replay, short enough to be kept and whole enough to be held against another.
#pragma once

#include <nlohmann/json.hpp>

#include "replay/replay.h"

namespace recrank {

struct StoredRun {
  Verdict verdict;      // without report, core file and all differences but the first
  bool passed = false;  // every step of the range ran, whatever there was to compare
};

[[nodiscard]] StoredRun stored_run_of(const ReplayResult& result);

[[nodiscard]] nlohmann::ordered_json to_json(const StoredRun& run);
// Throws nlohmann's exceptions for what is no such run.
[[nodiscard]] StoredRun stored_run_from(const nlohmann::ordered_json& json);

}  // namespace recrank
