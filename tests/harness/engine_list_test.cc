#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/engine_candidates.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class EngineList : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text, bool executable = false) const {
    const fs::path file = directory_.path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    if (executable) fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
    return file;
  }
  [[nodiscard]] std::string place() const { return directory_.path().string(); }

  static std::vector<std::string> names(const std::vector<CandidateSpec>& specs) {
    std::vector<std::string> all;
    for (const CandidateSpec& spec : specs) all.push_back(spec.name);
    return all;
  }
  static std::string refusal(const std::string& list, Dimension dimension = Dimension::kEngine) {
    try {
      static_cast<void>(parse_engine_list(list, dimension, ""));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "accepted";
  }

  ScratchDir directory_;
};

TEST_F(EngineList, TakesNamesInTheirOrder) {
  const auto specs = parse_engine_list("b, a ,c", Dimension::kEngine, "");
  EXPECT_THAT(names(specs), ElementsAre("b", "a", "c"));
  EXPECT_EQ(specs[1].engine, "a");
}

TEST_F(EngineList, PutsADirectoryInTheOrderOfVersionsAndLeavesOutWhatIsNoEngine) {
  write("tool-1.10.json", "{}");
  write("tool-1.9.json", "{}");
  write("tool-1.9-rc.1", "#!/bin/sh\n", true);
  write("README", "words");
  write("notes.json", "no json");
  write(".hidden", "#!/bin/sh\n", true);
  fs::create_directories(directory_.path() / "tool-2.0");
  const auto specs = parse_engine_list(place(), Dimension::kEngine, "");
  EXPECT_THAT(names(specs), ElementsAre("tool-1.9-rc.1", "tool-1.9.json", "tool-1.10.json", "tool-2.0"));
  EXPECT_EQ(specs[0].engine, place() + "/tool-1.9-rc.1");
}

TEST_F(EngineList, ReadsAFileWithOneOnEachLine) {
  const fs::path file = write("list", "# oldest first\n\n  one  \r\ntwo\n");
  EXPECT_THAT(names(parse_engine_list("@" + file.string(), Dimension::kEngine, "")), ElementsAre("one", "two"));
}

TEST_F(EngineList, GivesPartsToTheBaseEngine) {
  const auto supervisors = parse_engine_list("x/s1,x/s2", Dimension::kSupervisor, "base");
  EXPECT_THAT(names(supervisors), ElementsAre("s1", "s2"));
  EXPECT_EQ(supervisors[0].engine, "base");
  EXPECT_EQ(supervisors[0].supervisor, fs::path("x/s1"));
  EXPECT_FALSE(supervisors[0].lockdown.has_value());
  EXPECT_EQ(parse_engine_list("a,b", Dimension::kWorker, "")[1].worker, fs::path("b"));
  EXPECT_EQ(parse_engine_list("a,b", Dimension::kLockdown, "")[1].lockdown, fs::path("b"));
}

TEST_F(EngineList, RefusesWhatIsNoListWithTheReason) {
  EXPECT_THAT(refusal("only"), HasSubstr("it names 1"));
  EXPECT_THAT(refusal(""), HasSubstr("it names 0"));
  EXPECT_THAT(refusal("a,b,a"), HasSubstr("'a' is named twice"));
  EXPECT_THAT(refusal(place()), HasSubstr("it names 0"));
}

TEST_F(EngineList, SaysWhyACandidateCannotBeHad) {
  const EngineRegistry registry = EngineRegistry::load();
  const fs::path worker = write("worker", "#!/bin/sh\n", true);
  const auto candidates = listed_candidates(
      registry, Era::k2024,
      {{"ghost", "no-such-engine", {}, {}, {}, "scripts/fetch-it"}, {"script", worker.string(), {}, {}, {}, ""}});
  const Interrupt interrupt;
  const OpenedCandidate ghost = candidates->open(0, interrupt);
  EXPECT_EQ(ghost.engine, nullptr);
  EXPECT_THAT(ghost.missing, HasSubstr("no engine is named 'no-such-engine'"));
  EXPECT_THAT(ghost.missing, HasSubstr("scripts/fetch-it"));
  EXPECT_THAT(candidates->open(1, interrupt).missing, HasSubstr("worker"));
}

TEST_F(EngineList, TellsEnginesApartByAllThatDecidesWhatTheyDo) {
  EngineIdentity engine;
  engine.sha256 = "aa";
  engine.dialect = "process";
  VatSetup none;
  const std::string key = candidate_key(engine, none);
  EngineIdentity renamed = engine;
  renamed.name = "another";
  renamed.version = "2";
  EXPECT_EQ(candidate_key(renamed, none), key);
  EngineIdentity other = engine;
  other.arguments = {"x"};
  EXPECT_NE(candidate_key(other, none), key);
  other = engine;
  other.environment = {{"A", "1"}};
  EXPECT_NE(candidate_key(other, none), key);
  other = engine;
  other.files = {{"x", "bb"}};
  EXPECT_NE(candidate_key(other, none), key);
  VatSetup setup;
  setup.supervisor_bundle = "{}";
  EXPECT_NE(candidate_key(engine, setup), key);
}

}  // namespace
}  // namespace recrank
