#include "harness/engines/engine_candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/fd.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/replay/program_home.h"

namespace recrank {
namespace engine_candidates_test {

using namespace agoric;

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

EngineIdentity identity() {
  EngineIdentity engine;
  engine.name = "a";
  engine.sha256 = "s";
  engine.dialect = "d";
  engine.parts = {{"lockdown", sha256_hex("l")}, {"supervisor", "u"}};
  engine.arguments = {"x", "y"};
  engine.files = {{"x", "h"}};
  engine.environment = {{"V", "1"}};
  return engine;
}

TEST(EngineKey, SeesAllThatDecidesAndNothingElse) {
  const recrank::Setup plain;
  const std::string key = engine_key(identity(), plain);
  EXPECT_EQ(key.size(), 64U);
  EngineIdentity same = identity();
  same.name = "b";
  EXPECT_EQ(engine_key(same, plain), key);
  std::set<std::string> keys{key};
  const auto differs = [&](auto&& change) {
    EngineIdentity engine = identity();
    recrank::Setup setup;
    change(engine, setup);
    EXPECT_TRUE(keys.insert(engine_key(engine, setup)).second);
  };
  differs([](auto& engine, auto&) { engine.sha256 = "t"; });
  differs([](auto& engine, auto&) { engine.dialect = "e"; });
  differs([](auto& engine, auto&) { engine.parts.erase(engine.parts.begin()); });
  differs([](auto& engine, auto&) { engine.parts.back().second = "v"; });
  differs([](auto& engine, auto&) { engine.arguments = {"xy"}; });
  differs([](auto& engine, auto&) { engine.arguments = {"x", "y", ""}; });
  differs([](auto& engine, auto&) { engine.files[0].second = "i"; });
  differs([](auto& engine, auto&) { engine.environment[0].second = "2"; });
  differs([](auto& engine, auto&) { engine.environment.clear(); });
  differs([](auto&, auto& setup) { setup.set(kSupervisor, "v"); });
  differs([](auto&, auto& setup) { setup.set(kLockdown, "v"); });
  // Laid over it takes the place of the recorded one; the engine's own does not.
  differs([](auto&, auto& setup) { setup.set(kLockdown, "l"); });
}

class Candidates : public testing::Test {
 protected:
  Candidates() {
    ::setenv("RECRANK_HOME", scratch_.path().c_str(), 1);
    ::setenv("RECRANK_ENGINES", (scratch_.path() / "none").c_str(), 1);
    write("s1", "() => 's1'");
    write("s2", "() => 's2'");
  }
  ~Candidates() override {
    ::unsetenv("RECRANK_HOME");
    ::unsetenv("RECRANK_ENGINES");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << text;
  }
  [[nodiscard]] fs::path at(const std::string& name) const { return scratch_.path() / name; }
  [[nodiscard]] OpenedCandidate open(CandidateSpec spec, const Interrupt& interrupt = {}) const {
    const EngineRegistry registry = EngineRegistry::load();
    return listed_candidates(registry, kXsnap2024, {std::move(spec)})->open(0, interrupt);
  }
  [[nodiscard]] CandidateSpec spec(const std::string& engine) const {
    CandidateSpec made;
    made.engine = engine;
    return made;
  }
  ScratchDir scratch_;
};

TEST_F(Candidates, OpenWithTheWordsThatFindThemAgain) {
  const FakeWorkerHome home("");
  CandidateSpec named = spec(home.path().string());
  OpenedCandidate opened = open(named);
  ASSERT_TRUE(opened.engine) << opened.missing;
  EXPECT_EQ(opened.command_words, " --engine " + home.path().string());
  EXPECT_FALSE(opened.setup.get(kSupervisor));
  named.parts = {{"supervisor", at("s1")}};
  opened = open(named);
  ASSERT_TRUE(opened.engine) << opened.missing;
  EXPECT_EQ(opened.setup.get(kSupervisor), "() => 's1'");
  EXPECT_EQ(opened.command_words,
            " --engine " + home.path().string() + " --supervisor " + at("s1").string());
}

TEST_F(Candidates, WithEqualBundlesHaveOneKey) {
  const FakeWorkerHome home("");
  const FakeWorkerHome twin("");
  write("s3", "() => 's1'");
  const auto key = [&](const FakeWorkerHome& engine, const char* supervisor) {
    CandidateSpec named = spec(engine.path().string());
    named.parts = {{"supervisor", at(supervisor)}};
    return open(named).key;
  };
  EXPECT_EQ(key(home, "s1"), key(home, "s3"));
  EXPECT_EQ(key(home, "s1"), key(twin, "s1"));
  EXPECT_NE(key(home, "s1"), key(home, "s2"));
}

TEST_F(Candidates, WithoutANameAreTheDefaultEngine) {
  EXPECT_THAT(open(spec("")).missing, HasSubstr("recrank engines add"));
  const FakeWorkerHome home("");
  EngineEntry entry;
  entry.name = "mine";
  entry.worker = home.path();
  EngineRegistry::load().add(entry);
  const OpenedCandidate opened = open(spec(""));
  ASSERT_TRUE(opened.engine) << opened.missing;
  EXPECT_EQ(opened.command_words, " --engine mine");
}

TEST_F(Candidates, OfWorkersTakeTheBundlesOfAnother) {
  const FakeWorkerHome base("");
  const FakeWorkerHome worker("");
  base.write("supervisor.bundle", "() => 'base'");
  CandidateSpec named = spec(worker.path().string());
  named.bundles_of = base.path().string();
  const OpenedCandidate opened = open(named);
  ASSERT_TRUE(opened.engine) << opened.missing;
  EXPECT_EQ(opened.engine->identity().part_sha256("supervisor"), sha256_hex("() => 'base'"));
  EXPECT_FALSE(opened.setup.get(kSupervisor)) << "a recorded one goes before";
}

TEST_F(Candidates, ThatCannotBeHadSayWhyAndWhatToDo) {
  CandidateSpec unknown = spec("xsnap-9.9");
  unknown.needs = "scripts/fetch-it";
  const OpenedCandidate missing = open(unknown);
  EXPECT_FALSE(missing.engine);
  EXPECT_THAT(missing.missing, StartsWith("no engine is named 'xsnap-9.9' and nothing lies there: "
                                          "recrank engines add xsnap-9.9 WORKER"));
  EXPECT_THAT(missing.missing, HasSubstr("needs scripts/fetch-it"));

  const FakeWorkerHome home("");
  CandidateSpec bundle = spec(home.path().string());
  bundle.parts = {{"supervisor", at("no-such")}};
  EXPECT_THAT(open(bundle).missing, HasSubstr("no supervisor bundle lies there"));
  write("bad", "{\"source\":");
  bundle.parts = {{"supervisor", at("bad")}};
  EXPECT_THAT(open(bundle).missing, HasSubstr("bad: "));
  EXPECT_THAT(open(spec(at("s1").string())).missing, HasSubstr("chmod +x"));
  EXPECT_THAT(open(spec(scratch_.path().string())).missing, HasSubstr("0 executables"));
}

TEST_F(Candidates, OfProgramsTakeNoBundles) {
  const ProgramHome home;
  CandidateSpec program = spec(home.engine_file().string());
  EXPECT_TRUE(open(program).engine) << open(program).missing;
  program.parts = {{"supervisor", at("s1")}};
  EXPECT_THAT(open(program).missing, HasSubstr("takes no bundles"));
}

TEST_F(Candidates, ThatPutAProgramIntoAnEngineFileSayThatNoCommandDoes) {
  for (const char* members : {"", R"(,"transport":"http")"}) {
    const ProgramHome home(members);
    const std::string file = home.engine_file().string();
    CandidateSpec program = spec(fake_program().string());
    program.bundles_of = file;
    const OpenedCandidate opened = open(program);
    ASSERT_TRUE(opened.engine) << opened.missing;
    EXPECT_EQ(opened.command_words, "");
    EXPECT_EQ(opened.no_command, "no option of replay puts " + fake_program().string() +
                                     " into an engine file: copy " + file +
                                     " with it as \"program\", and give the copy to --engine");
    EXPECT_EQ(open(spec(file)).command_words, " --engine " + file);
  }
}

TEST_F(Candidates, AreNotOpenedAfterAnInterrupt) {
  const FakeWorkerHome home("");
  Interrupt interrupt;
  interrupt.request();
  EXPECT_EQ(open(spec(home.path().string()), interrupt).missing, "interrupted");
}

}  // namespace engine_candidates_test
}  // namespace recrank
