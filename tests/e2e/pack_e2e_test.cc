// `recrank pack` and what a replay of its capsule says, over a stand-in for a worker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace pack_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";
const char* const kCall = R"({"calls":[["vatstoreGet","k"]],"answers":[["ok",null]]})";
const char* const kDies = R"({"do":[{"signal":11}]})";

class FakeWorkerPack : public testing::Test {
 protected:
  FakeWorkerPack() {
    std::ofstream out(sst());
    out << R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)"
           R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
           "\n";
    for (int i = 1; i <= 4; ++i) {
      out << R"({"transcriptNum":)" << i
          << R"(,"d":["message","o+0",{}],"syscalls":[{"d":["vatstoreGet","k"]}]})"
             "\n";
    }
  }
  static std::string lines(std::initializer_list<const char*> each) {
    std::string text;
    for (const char* line : each) text += std::string(line) + "\n";
    return text;
  }
  [[nodiscard]] std::string at(const std::string& name) const {
    return (scratch_.path() / name).string();
  }
  [[nodiscard]] std::string sst() const { return at("transcript-v1.sst"); }
  [[nodiscard]] Ran pack(const FakeWorkerHome& home, const std::string& to,
                         std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"pack", sst(), "--engine", home.path().string(), "-o", at(to)};
    words.insert(words.end(), more.begin(), more.end());
    return run_recrank(words);
  }
  [[nodiscard]] json replay(const std::vector<std::string>& more, int status) const {
    std::vector<std::string> words{"replay", "--json", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

TEST_F(FakeWorkerPack, ACrashIsPackedUpToItsStepAndMetAgain) {
  const FakeWorkerHome home(lines({kEra, kCall, kCall, kDies}));
  const Ran packed =
      pack(home, "x.crank", {"--memory-limit", "3GB", "--note", "as seen in testing"});
  ASSERT_EQ(packed.status, 0) << packed.err;
  EXPECT_THAT(packed.out, HasSubstr("steps 1..3 from genesis"));
  EXPECT_THAT(packed.out, HasSubstr("crashed at step 3: SIGSEGV"));
  fs::remove(sst());  // nothing else is needed but an engine
  const json report = replay({at("x.crank"), "--engine", home.path().string()}, 2);
  EXPECT_EQ(report.at("recording").at("kind"), "capsule");
  EXPECT_EQ(report.at("expected").at("met"), true);
  EXPECT_EQ(report.at("expected").at("same_engine"), true);
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--memory-limit 3GB"));
}

TEST_F(FakeWorkerPack, AnotherOutcomeDoesNotMeetTheClaim) {
  const FakeWorkerHome dying(lines({kEra, kCall, kCall, kDies}));
  ASSERT_EQ(pack(dying, "x.crank").status, 0);
  const FakeWorkerHome mended(lines({kEra, kCall, kCall, kCall}));
  EXPECT_EQ(replay({at("x.crank"), "--engine", mended.path().string()}, 0).at("expected").at("met"),
            false);
  const FakeWorkerHome earlier(lines({kEra, kCall, kDies}));
  const Ran ran = run_recrank({"replay", at("x.crank"), "--engine", earlier.path().string()});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.out,
              HasSubstr("expected verdict: NOT met (expected crashed at step 3: SIGSEGV)"));
}

TEST_F(FakeWorkerPack, TheRegisteredEngineWithItsHashIsTakenElseAnotherWithANote) {
  const FakeWorkerHome home(lines({kEra, kCall, kCall, kDies}));
  ASSERT_EQ(pack(home, "x.crank").status, 0);
  testing_support::RunOptions options;
  options.environment = {"RECRANK_HOME=" + at("home")};
  const Ran none = run_recrank({"replay", at("x.crank")}, options);
  EXPECT_EQ(none.status, 125);
  EXPECT_THAT(none.err, HasSubstr("recrank engines add"));
  ASSERT_EQ(run_recrank({"engines", "add", "mine", home.path().string()}, options).status, 0);
  const Ran ran = run_recrank({"replay", at("x.crank")}, options);
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.out, HasSubstr("engine     mine"));
  EXPECT_EQ(ran.err.find("not known here"), std::string::npos) << ran.err;
}

TEST_F(FakeWorkerPack, TheBundlesOfTheEngineGoIntoIt) {
  const FakeWorkerHome home(lines({kEra, kCall, kCall, kCall, kCall}));
  ASSERT_EQ(pack(home, "x.crank").status, 0);
  const Ran inspected = run_recrank({"inspect", at("x.crank"), "--verify"});
  EXPECT_EQ(inspected.status, 0);
  EXPECT_THAT(inspected.out, HasSubstr("3 bundles checked, 0 damaged"));
  const FakeWorkerHome bare(lines({kEra, kCall, kCall, kCall, kCall}));
  fs::remove(bare.path() / "lockdown.bundle");
  fs::remove(bare.path() / "supervisor.bundle");
  EXPECT_EQ(replay({sst(), "--engine", bare.path().string()}, 125).at("verdict").at("kind"),
            "unjudged");
  EXPECT_EQ(replay({at("x.crank"), "--engine", bare.path().string()}, 0).at("expected").at("met"),
            true);
}

TEST_F(FakeWorkerPack, WithoutAVerdictNothingIsRunAndNothingClaimed) {
  const Ran packed = run_recrank({"pack", sst(), "--no-verdict", "--lockdown", at("l"),
                                  "--supervisor", at("l"), "-o", at("x.crank")});
  EXPECT_EQ(packed.status, 125);  // no such bundle file
  std::ofstream(at("l")) << R"({"moduleFormat":"getExport","source":"() => 1"})";
  const Ran again =
      run_recrank({"pack", sst(), "--no-verdict", "--lockdown", at("l"), "--supervisor", at("l"),
                   "--to", "2", "-o", at("x.crank"), "--json", "-"});
  ASSERT_EQ(again.status, 0) << again.err;
  const json report = json::parse(again.out);
  EXPECT_EQ(report.at("schema"), "recrank.pack/1");
  EXPECT_EQ(report.at("range").at("to"), 2);
  EXPECT_FALSE(report.contains("verdict"));
  const FakeWorkerHome home(lines({kEra, kCall, kCall}));
  EXPECT_FALSE(replay({at("x.crank"), "--engine", home.path().string()}, 0).contains("expected"));
}

TEST_F(FakeWorkerPack, AnUnjudgedReplayIsNotPacked) {
  const FakeWorkerHome home(lines({kEra, kCall, R"({"do":[{"signal":9}]})"}));
  const Ran ran = pack(home, "x.crank");
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("unjudged"));
  EXPECT_FALSE(fs::exists(at("x.crank")));
}

TEST_F(FakeWorkerPack, AFileThatIsThereIsReplacedOnlyWhenAsked) {
  const FakeWorkerHome home(lines({kEra, kCall, kCall, kCall, kCall}));
  std::ofstream(at("x.crank")) << "precious";
  EXPECT_EQ(pack(home, "x.crank").status, 129);
  EXPECT_EQ(fs::file_size(at("x.crank")), 8U);
  EXPECT_EQ(pack(home, "x.crank", {"--force"}).status, 0);
  EXPECT_EQ(replay({at("x.crank"), "--engine", home.path().string()}, 0).at("expected").at("met"),
            true);
  EXPECT_EQ(run_recrank({"pack", sst()}).status, 129);
  EXPECT_EQ(pack(home, "y.crank", {"--all"}).status, 129);
}

}  // namespace pack_e2e_test
}  // namespace recrank
