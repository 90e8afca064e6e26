// parse_engine_list() of harness/engines/engine_candidates.h

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/engines/engine_candidates.h"

namespace recrank {
namespace engine_list_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class EngineList : public testing::Test {
 protected:
  void write(const fs::path& name, const std::string& text = "text\n") const {
    fs::create_directories((scratch_.path() / name).parent_path());
    std::ofstream(scratch_.path() / name) << text;
  }
  void allow_execution(const fs::path& name) const {
    fs::permissions(scratch_.path() / name, fs::perms::owner_all);
  }
  [[nodiscard]] std::string at(const std::string& name) const {
    return (scratch_.path() / name).string();
  }
  [[nodiscard]] static std::vector<std::string> names(const std::vector<CandidateSpec>& specs) {
    std::vector<std::string> list;
    for (const CandidateSpec& spec : specs) list.push_back(spec.name);
    return list;
  }
  [[nodiscard]] static std::string refusal(const std::string& text,
                                           Dimension dimension = Dimension::engine()) {
    try {
      static_cast<void>(parse_engine_list(text, dimension, ""));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      return error.what();
    }
    ADD_FAILURE() << text << " was taken";
    return "";
  }
  ScratchDir scratch_;
};

TEST_F(EngineList, KeepsTheOrderOfNamesBetweenCommas) {
  const auto specs = parse_engine_list("new, ./old,mid", Dimension::engine(), "base");
  EXPECT_THAT(names(specs), ElementsAre("new", "./old", "mid"));
  EXPECT_EQ(specs[1].engine, "./old");
  EXPECT_FALSE(specs[1].bundles_of || !specs[1].parts.empty());
}

TEST_F(EngineList, LeavesADirectoryThatAllLieInOutOfTheirNames) {
  const auto specs = parse_engine_list("a/b-1/x,a/b-2/x", Dimension::of_part("supervisor"), "");
  EXPECT_THAT(names(specs), ElementsAre("b-1/x", "b-2/x"));
  EXPECT_EQ(specs[0].part("supervisor"), fs::path("a/b-1/x"));
  EXPECT_THAT(names(parse_engine_list("a/x,x", Dimension::engine(), "")), ElementsAre("a/x", "x"));
}

TEST_F(EngineList, TakesADirectoryInTheOrderOfVersions) {
  for (const char* name : {"e/bun-1.3.10/x", "e/bun-1.3.9/x", "e/bun-1.3.10-rc1/x"}) write(name);
  const auto specs = parse_engine_list(at("e"), Dimension::engine(), "");
  EXPECT_THAT(names(specs), ElementsAre("bun-1.3.9", "bun-1.3.10-rc1", "bun-1.3.10"));
  EXPECT_EQ(specs[0].engine, at("e/bun-1.3.9"));
}

TEST_F(EngineList, LeavesOutOnlyWhatIsPlainlyNoEngine) {
  write("e/README.md");
  write("e/package.json", "{\"name\":\"x\"}");
  write("e/.hidden/x");
  write("e/node_modules/a/x");
  write("e/a.json", " {\"schema\":\"recrank.engine/1\",\"kind\":\"process\"}");
  write("e/b-worker", std::string("\x7f"
                                  "ELF\0\0",
                                  6));  // not executable: chmod is its remedy
  write("e/c.sh", "#!/bin/sh\n");
  allow_execution("e/c.sh");
  write("e/d/anything");
  EXPECT_THAT(names(parse_engine_list(at("e"), Dimension::engine(), "")),
              ElementsAre("a.json", "b-worker", "c.sh", "d"));
}

TEST_F(EngineList, ReadsAFileLineByLine) {
  write("list", "# engines of the release\n\n  first \r\n./a, with comma\n  # no\nlast");
  const auto specs = parse_engine_list("@" + at("list"), Dimension::engine(), "");
  EXPECT_THAT(names(specs), ElementsAre("first", "./a, with comma", "last"));
}

TEST_F(EngineList, OfBundlesHasTheBaseEngineForEach) {
  write("b/supervisor-0.10.2/dist/supervisor.bundle");
  write("b/supervisor-0.9.1/dist/supervisor.bundle");
  write("b/lockdown-0.14.1/dist/lockdown.bundle");
  write("b/supervisor.js");
  write("b/supervisor.js.sha256");
  write("b/.package-lock.json");
  const auto specs = parse_engine_list(at("b"), Dimension::of_part("supervisor"), "base");
  EXPECT_THAT(names(specs), ElementsAre("supervisor-0.9.1", "supervisor-0.10.2", "supervisor.js"));
  EXPECT_EQ(specs[0].engine, "base");
  EXPECT_EQ(specs[0].part("supervisor"), at("b/supervisor-0.9.1"));
  EXPECT_FALSE(specs[0].part("lockdown"));
  const auto lockdowns = parse_engine_list("x,y", Dimension::of_part("lockdown"), "base");
  EXPECT_EQ(lockdowns[1].part("lockdown"), "y");
  EXPECT_THAT(refusal(at("b"), Dimension::of_part("lockdown")), HasSubstr("names one engine"));
}

TEST_F(EngineList, OfWorkersLeavesTheBundlesToTheBaseEngine) {
  const auto specs = parse_engine_list("a,b", Dimension::worker(), "");
  EXPECT_EQ(specs[1].engine, "b");
  EXPECT_EQ(specs[1].bundles_of, "");
}

TEST_F(EngineList, RefusesWhatCannotBeSearched) {
  EXPECT_THAT(refusal("one"), HasSubstr("at least two"));
  EXPECT_THAT(refusal(""), HasSubstr("nothing stands"));
  EXPECT_THAT(refusal("a,,b"), HasSubstr("nothing stands between two commas"));
  EXPECT_THAT(refusal("a,b,a"), HasSubstr("'a' is there twice"));
  fs::create_directory(at("empty"));
  EXPECT_THAT(refusal(at("empty")), HasSubstr("no engine; at least two"));
  std::string many;
  for (size_t i = 0; i <= kCandidatesMax; ++i) many += "e" + std::to_string(i) + "\n";
  write("many", many);
  EXPECT_THAT(refusal("@" + at("many")), HasSubstr("10,001"));
  EXPECT_THROW(static_cast<void>(parse_engine_list("@" + at("none"), Dimension::engine(), "")),
               Error);
}

TEST(DimensionWords, GoThereAndBack) {
  for (const char* word : {"engine", "worker", "lockdown", "supervisor"}) {
    const auto dimension = parse_dimension(word);
    ASSERT_TRUE(dimension) << word;
    EXPECT_EQ(to_string(*dimension), word);
  }
  EXPECT_FALSE(parse_dimension("bundle"));
  EXPECT_FALSE(parse_dimension(""));
}

}  // namespace engine_list_test
}  // namespace recrank
