// Folders: what each says that it uses, and what it includes. Rules: docs/architecture.md.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/tidy/tree.h"

namespace recrank::tidy {
namespace folders_test {

std::string name_of(const Folder& folder) {
  return folder.path + (folder.program.empty() ? "" : " (" + folder.program + ")");
}

std::set<std::string> includes_of(const Folder& folder) {
  std::set<std::string> included;
  for (const std::string& file : folder.files) included.merge(included_folders(file));
  included.erase(folder.path);
  return included;
}

size_t layer_index(const std::string& path) {
  return static_cast<size_t>(std::find(kCode.begin(), kCode.end(), path.substr(0, path.find('/'))) -
                             kCode.begin());
}

TEST(Folders, UseWhatTheyIncludeAndIncludeWhatTheyUse) {
  const std::vector<Folder> folders = read_folders();
  EXPECT_GT(folders.size(), 80U);
  for (const Folder& folder : folders) {
    const std::set<std::string> included = includes_of(folder);
    for (const std::string& each : included) {
      EXPECT_TRUE(folder.uses.contains(each)) << name_of(folder) << " includes headers of " << each
                                              << ": add it to USES, or do without";
    }
    for (const std::string& each : folder.uses) {
      EXPECT_TRUE(included.contains(each))
          << name_of(folder) << " includes nothing of " << each << ": take it out of USES";
    }
  }
}

TEST(Folders, GoOneWay) {
  for (const Folder& folder : read_folders()) {
    for (const std::string& each : folder.uses) {
      EXPECT_LE(layer_index(each), layer_index(folder.path)) << name_of(folder) << " uses " << each;
    }
  }
}

TEST(Folders, HaveNoCycle) {
  std::map<std::string, std::set<std::string>> uses;
  for (const Folder& folder : read_folders()) {
    if (folder.program.empty()) uses[folder.path] = folder.uses;
  }
  std::map<std::string, int> state;  // 1: being looked at, 2: done
  const std::function<void(const std::string&, const std::string&)> visit =
      [&](const std::string& path, const std::string& way) {
        ASSERT_NE(state[path], 1) << "a cycle: " << way;
        if (state[path] == 2) return;
        state[path] = 1;
        for (const std::string& each : uses[path]) visit(each, way + " -> " + each);
        state[path] = 2;
      };
  for (const auto& [path, all] : uses) visit(path, path);
}

// A source that no CMakeLists.txt names is never compiled.
TEST(Folders, HaveNoDeadFiles) {
  for (const std::string& layer : kCode) {
    for (const std::string& file : files_of(layer, {".cc"})) {
      const std::string name = fs::path(file).filename().string();
      const std::string stem = fs::path(file).stem().string();
      std::string text = " ";
      for (const std::string& line : lines_of(folder_of(file) + "/CMakeLists.txt")) {
        text += line + " ";
      }
      const bool named = text.find(" " + name) != std::string::npos ||
                         text.find("(" + name) != std::string::npos ||
                         text.find("recrank_fuzz(" + stem + " ") != std::string::npos ||
                         text.find("recrank_bench(" + stem + " ") != std::string::npos;
      EXPECT_TRUE(named) << file << " is in no CMakeLists.txt";
    }
  }
}

// The system that a folder belongs to; empty: general.
std::string system_of(const std::string& folder) {
  static const std::map<std::string, std::string> kSystems{
      {"snapshot/agoric", "agoric"},     {"replay/agoric", "agoric"},
      {"snapshot/montana", "montana"},   {"replay/montana", "montana"},
      {"snapshot/stellar", "stellar"},   {"replay/stellar", "stellar"},
      {"snapshot/redis", "redis"},       {"replay/redis", "redis"},
      {"snapshot/sqlshell", "sqlshell"}, {"replay/sqlshell", "sqlshell"},
      {"snapshot/journal", "program"},   {"replay/program", "program"}};
  for (const auto& [path, system] : kSystems) {
    if (folder == path || folder.rfind(path + "/", 0) == 0) return system;
  }
  return "";
}

// Only harness/systems.cc and tests know which systems there are. Below is what does not keep the
// rule yet. It only shrinks: what is not needed any more fails as well.
const std::set<std::pair<std::string, std::string>> kNotYetGeneral{
    {"harness/cli", "program"}, {"harness/scenario", "program"}, {"replay/triage", "program"}};

TEST(Folders, OfGeneralThingsKnowNoSystem) {
  std::set<std::pair<std::string, std::string>> not_needed = kNotYetGeneral;
  for (const std::string& layer : kLayers) {
    for (const std::string& file : sources_of(layer)) {
      if (file == "harness/systems.cc") continue;
      const std::string own = system_of(folder_of(file));
      for (const std::string& included : included_folders(file)) {
        const std::string system = system_of(included);
        if (system.empty() || system == own) continue;
        // Redis and Stellar nodes are programs of the user's, run as any other is.
        if (!own.empty() && included == "replay/program") continue;
        const std::pair<std::string, std::string> known{folder_of(file), system};
        EXPECT_TRUE(kNotYetGeneral.contains(known))
            << file << " includes headers of " << included
            << ": ask a seam instead, or register it in harness/systems.cc";
        not_needed.erase(known);
      }
    }
  }
  for (const auto& [folder, system] : not_needed) {
    ADD_FAILURE() << folder << " does without " << system << " now: take it out of the list";
  }
}

}  // namespace folders_test
}  // namespace recrank::tidy
