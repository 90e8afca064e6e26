// third_party/bundles and docs/supervisors.md hold together, whether the bundles are fetched or
// not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/hash.h"
#include "harness/engines/engine_candidates.h"
#include "replay/agoric/bundle_file.h"

namespace recrank::agoric {
namespace bundle_releases_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAreArray;
using testing::HasSubstr;

const fs::path kSource = RECRANK_SOURCE_DIR;
const fs::path kBundles = kSource / "third_party/bundles";

json read(const fs::path& file) {
  std::ifstream in(file);
  return json::parse(in);
}

struct Kind {
  const char* word;
  Dimension dimension;
  const char* heading;
  size_t releases;
  size_t bundles;
};

// "supervisor-0.10.2" -> the first 12 digits of its sha256, in the order of the page.
std::vector<std::pair<std::string, std::string>> page_rows(const Kind& kind) {
  std::ifstream in(kSource / "docs/supervisors.md");
  const std::regex row(R"(^\| ([0-9a-f]{12}) \| ([^|]*) \|.*)");
  std::vector<std::pair<std::string, std::string>> rows;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) inside = line == kind.heading;
    std::smatch match;
    if (!inside || !std::regex_match(line, match, row)) continue;
    std::istringstream releases(match[2].str());
    for (std::string each; releases >> each;) {
      if (each.ends_with(',')) each.pop_back();
      rows.emplace_back(std::string(kind.word) + "-" + each, match[1].str());
    }
  }
  return rows;
}

class BundleReleases : public testing::TestWithParam<Kind> {
 protected:
  // As the list of the repository has them, without their directory.
  [[nodiscard]] std::vector<CandidateSpec> listed() const {
    const std::string list = "@" + (kBundles / (std::string(GetParam().word) + "s.txt")).string();
    return parse_engine_list(list, GetParam().dimension, "");
  }
};

TEST_P(BundleReleases, AreListedInTheOrderOfThePage) {
  std::vector<std::string> names;
  for (const CandidateSpec& spec : listed()) {
    const fs::path place = *spec.part(GetParam().dimension.part);
    EXPECT_EQ(place.parent_path(), fs::path("third_party/bundles/node_modules"));
    names.push_back(spec.name);
  }
  std::vector<std::string> page;
  for (const auto& [name, sha256] : page_rows(GetParam())) page.push_back(name);
  EXPECT_THAT(names, ElementsAreArray(page));
  EXPECT_EQ(names.size(), GetParam().releases);
  const json pinned = read(kBundles / "package.json").at("dependencies");
  std::set<std::string> wanted;
  for (const auto& [name, version] : pinned.items()) {
    if (name.starts_with(std::string(GetParam().word) + "-")) wanted.insert(name);
  }
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), wanted);
}

TEST_P(BundleReleases, AreTheBundlesThatThePageDescribes) {
  std::map<std::string, std::string> files;
  for (const auto& [name, sha256] : page_rows(GetParam())) {
    const fs::path package = kBundles / "node_modules" / name;
    if (!fs::exists(package))
      GTEST_SKIP() << "skipped: no " << package << "; scripts/fetch-bundles";
    std::string why;
    const auto file = find_bundle(package, GetParam().word, why);
    ASSERT_TRUE(file) << why;
    EXPECT_EQ(sha256_hex(read_bundle(*file)).substr(0, 12), sha256) << name;
    files[name] = sha256;
  }
  std::set<std::string> different;
  for (const auto& [name, sha256] : files) different.insert(sha256);
  EXPECT_EQ(different.size(), GetParam().bundles);
  const auto found =
      parse_engine_list((kBundles / "node_modules").string(), GetParam().dimension, "");
  EXPECT_EQ(found.size(), GetParam().releases) << "only packages of this kind, each of them";
}

INSTANTIATE_TEST_SUITE_P(
    All, BundleReleases,
    testing::Values(Kind{"supervisor", Dimension::of_part("supervisor"), "## Supervisor", 21, 10},
                    Kind{"lockdown", Dimension::of_part("lockdown"), "## Lockdown", 20, 11}),
    [](const auto& each) { return each.param.word; });

TEST(BundleLock, HoldsThePackagesAloneWithoutAddresses) {
  const json lock = read(kBundles / "package-lock.json");
  size_t packages = 0;
  for (const auto& [place, package] : lock.at("packages").items()) {
    if (place.empty()) continue;
    ++packages;
    EXPECT_TRUE(package.contains("integrity")) << place;
    EXPECT_FALSE(package.contains("resolved")) << place;
    EXPECT_FALSE(package.contains("dependencies")) << place;
    EXPECT_FALSE(package.contains("hasInstallScript")) << place;
    EXPECT_EQ(package.value("license", ""), "Apache-2.0") << place;
  }
  EXPECT_EQ(packages, read(kBundles / "package.json").at("dependencies").size());
}

}  // namespace bundle_releases_test
}  // namespace recrank::agoric
