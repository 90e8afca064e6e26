// The repository as the rules see it: its files, their lines, what they include, and what each
// folder says in its CMakeLists.txt.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace recrank::tidy {

namespace fs = std::filesystem;

inline const fs::path kRoot = RECRANK_SOURCE_DIR;
// Each layer may include itself and what stands before it.
inline const std::vector<std::string> kLayers{"base", "snapshot", "replay", "harness"};
// Their code, and that of the tests.
inline const std::vector<std::string> kCode{"base", "snapshot", "replay", "harness", "tests"};

// Paths from the root, sorted, of files under `directory` with one of these endings.
std::vector<std::string> files_of(const std::string& directory,
                                  const std::vector<std::string>& endings);
std::vector<std::string> sources_of(const std::string& directory);  // .h and .cc
std::vector<std::string> lines_of(const std::string& file);
std::string folder_of(const std::string& file);

// The folders of the repository's own headers that `file` includes.
std::set<std::string> included_folders(const std::string& file);

// One library, or the tests that a folder gives to one program.
struct Folder {
  std::string path;
  std::string program;             // tests only
  std::vector<std::string> files;  // its sources; of a library also its headers
  std::set<std::string> uses;      // folders
};

// All recrank_folder(), recrank_support() and recrank_tests_of() there are. A name in USES that no
// folder has is kept as "?name".
std::vector<Folder> read_folders();

}  // namespace recrank::tidy
