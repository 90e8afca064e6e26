// Which of many scenarios a call of `run` means. Pure but for the loading.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/scenario/scenario_run.h"

namespace recrank {

// Scenario files and directories that one call may name.
inline constexpr size_t kPlacesMax = 1000;

// Shard `index` of `count`, from 1.
struct Shard {
  size_t index = 1;
  size_t count = 1;
};

// "2/4"; kUsage for anything else.
[[nodiscard]] Shard parse_shard(const std::string& text);

// All scenarios at `places`, in the order of their names, each once. One whose file cannot be used
// is there with the reason. kUsage where two have one name, and where a place holds none.
[[nodiscard]] std::vector<ScenarioEntry> load_scenarios(
    const std::vector<std::filesystem::path>& places);

// Whether `filter` selects it: words separated by commas, of which one must fit. "label:WORD" is a
// label, anything else a name in which "*" stands for any text. One whose file cannot be used fits
// every label, since its own are not known: it must not go unseen.
[[nodiscard]] bool fits_filter(const ScenarioEntry& entry, const std::string& filter);

// Every `count`th of them, the first shard beginning with the first: the shards of one list are
// disjoint, make up the whole, and differ in size by one at most.
[[nodiscard]] std::vector<ScenarioEntry> take_shard(std::vector<ScenarioEntry> entries,
                                                    Shard shard);

}  // namespace recrank
