#include "harness/scenario/scenario_select.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/scenario/known_findings.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShardsMax = 10'000;
constexpr std::string_view kLabel = "label:";

std::string name_of(const fs::path& directory) {
  const fs::path whole = fs::absolute(directory).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

ScenarioEntry load_entry(const fs::path& directory) {
  ScenarioEntry entry{name_of(directory), (directory / kScenarioFile).string(), {}, {}};
  try {
    entry.scenario = load_scenario(directory);
  } catch (const Error& error) {
    entry.why = error.what();
  }
  return entry;
}

bool has_label(const ScenarioEntry& entry, std::string_view label) {
  if (!entry.scenario) return true;
  const std::vector<std::string>& labels = entry.scenario->labels;
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const auto index = parse_uint(text.substr(0, slash));
  const auto count = parse_uint(slash < text.size() ? text.substr(slash + 1) : "");
  if (!index || !count || *index < 1 || *index > *count || *count > kShardsMax) {
    throw Error(ErrorCode::kUsage,
                "--shard takes I/N, such as 1/4, not '" + printable(text, 60) + "'");
  }
  return {*index, *count};
}

std::vector<ScenarioEntry> load_scenarios(const std::vector<fs::path>& places) {
  std::vector<ScenarioEntry> entries;
  std::set<fs::path> known;
  for (const fs::path& place : places) {
    for (const fs::path& directory : find_scenarios(place)) {
      if (known.insert(fs::weakly_canonical(directory)).second)
        entries.push_back(load_entry(directory));
    }
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(),
                         [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != entries.end()) {
    throw Error(ErrorCode::kUsage, "two scenarios are named " + printable(twice->name, 100) + ": " +
                                       twice->file + " and " + std::next(twice)->file);
  }
  return entries;
}

bool fits_filter(const ScenarioEntry& entry, const std::string& filter) {
  std::istringstream words(filter);
  for (std::string word; std::getline(words, word, ',');) {
    const bool label = word.starts_with(kLabel);
    if (label ? has_label(entry, std::string_view(word).substr(kLabel.size()))
              : matches_pattern(word, entry.name)) {
      return true;
    }
  }
  return false;
}

std::vector<ScenarioEntry> take_shard(std::vector<ScenarioEntry> entries, Shard shard) {
  std::vector<ScenarioEntry> taken;
  for (size_t i = shard.index - 1; i < entries.size(); i += shard.count) {
    taken.push_back(std::move(entries[i]));
  }
  return taken;
}

}  // namespace recrank
