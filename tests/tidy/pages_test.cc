// What is written for people: a page in each folder, and paths in pages that are there.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <regex>

#include "tests/tidy/tree.h"

namespace recrank::tidy {
namespace pages_test {

std::vector<std::string> pages() {
  std::vector<std::string> all{"README.md", "CONTRIBUTING.md", "HACKING.md"};
  for (const char* directory :
       {"docs", "base", "snapshot", "replay", "harness", "tests", "scenarios", "third_party"}) {
    const auto more = files_of(directory, {".md"});
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

// Whether `path` is there; a `*` in its last part stands for anything.
bool is_there(const std::string& path) {
  const size_t star = path.find('*');
  if (star == std::string::npos) return fs::exists(kRoot / path);
  const std::string folder = folder_of(path);
  if (!fs::is_directory(kRoot / folder)) return false;
  const std::string head = fs::path(path.substr(0, star)).filename().string();
  const std::string name = path.back() == '/' ? "" : fs::path(path).filename().string();
  const std::string tail = name.substr(name.rfind('*') + 1);
  const fs::directory_iterator entries(kRoot / folder);
  return std::any_of(begin(entries), end(entries), [&](const auto& entry) {
    const std::string found = entry.path().filename().string();
    return found.rfind(head, 0) == 0 && found.ends_with(tail);
  });
}

// Names that stand for any file.
bool is_an_example(const std::string& path) {
  return path == "docs/formats/x.md" || path.rfind("third_party/bundles/node_modules/", 0) == 0;
}

void expect_paths_are_there(const std::string& file, const std::string& line) {
  static const std::regex kPath(
      R"(\b(base|snapshot|replay|harness|tests|docs|scripts|cmake|third_party)/[\w/.*-]*[\w*])");
  if (line.find('/') == std::string::npos) return;
  for (std::sregex_iterator each(line.begin(), line.end(), kPath), end; each != end; ++each) {
    const std::string path = each->str();
    const size_t at = static_cast<size_t>(each->position());
    const bool part_of_a_longer_one = at > 0 && (line[at - 1] == '/' || line[at - 1] == '.');
    const bool of_a_file =
        fs::path(path).filename().string().find_first_of(".*") != std::string::npos;
    if (part_of_a_longer_one || !of_a_file || is_an_example(path)) continue;
    EXPECT_TRUE(is_there(path)) << file << " names " << path;
  }
}

TEST(Pages, NameFilesThatAreThere) {
  for (const std::string& page : pages()) {
    for (const std::string& line : lines_of(page)) expect_paths_are_there(page, line);
  }
}

TEST(Comments, NameFilesThatAreThere) {
  for (const std::string& layer : kLayers) {
    for (const std::string& file : sources_of(layer)) {
      for (const std::string& line : lines_of(file)) {
        const size_t comment = line.find("// ");
        if (comment != std::string::npos) expect_paths_are_there(file, line.substr(comment));
      }
    }
  }
}

TEST(Pages, AreInEachFolder) {
  for (const std::string& layer : kCode) {
    std::set<std::string> folders;
    for (const std::string& file : sources_of(layer)) folders.insert(folder_of(file));
    for (const std::string& folder : folders) {
      const auto lines = lines_of(folder + "/README.md");
      size_t letters = 0;
      for (const std::string& line : lines) letters += line.size();
      EXPECT_GT(letters, 80U) << folder
                              << "/README.md: say what lives here, what may not, and where "
                                 "to begin reading";
    }
  }
}

TEST(Pages, AreReachedFromTheirFront) {
  std::string readme;
  for (const std::string& line : lines_of("README.md")) readme += line + "\n";
  for (const std::string& page : files_of("docs", {".md"})) {
    const std::string folder = folder_of(page);
    const std::string link = folder == "docs" ? page : folder + "/";
    EXPECT_NE(readme.find("(" + link + ")"), std::string::npos)
        << "README.md leads nowhere to " << page;
  }
}

}  // namespace pages_test
}  // namespace recrank::tidy
