// `recrank bisect` as a user runs it, over stand-ins for workers that are different binaries.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace bisect_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js"
                         "\n";
const char* const kCalls = R"({"calls":[["vatstoreGet","k"]])";

class Bisecting : public testing::Test {
 protected:
  Bisecting() {
    std::ofstream file(sst());
    file
        << R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,"vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
           "\n";
    for (int i = 1; i <= 6; ++i) {
      file
          << R"({"transcriptNum":)" << i
          << R"(,"d":["message","o+0",{"method":"m"}],"syscalls":[{"d":["vatstoreGet","k"],"response":null}]})"
             "\n";
    }
  }

  // One engine per letter: G does what is recorded, B dies in its third delivery, O otherwise.
  std::string engines(const std::string& letters) {
    std::string list;
    for (const char letter : letters) {
      const std::string act = letter == 'B'   ? R"(,"do":[{"signal":11}])"
                              : letter == 'O' ? R"(,"do":[{"signal":6}])"
                                              : "";
      std::string script = kEra;
      for (int i = 1; i <= 6; ++i) script += std::string(kCalls) + (i == 3 ? act : "") + "}\n";
      homes_.push_back(std::make_unique<FakeWorkerHome>(script));
      make_another_binary(homes_.back()->path());
      list += (list.empty() ? "" : ",") + homes_.back()->path().string();
    }
    return list;
  }

  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }
  [[nodiscard]] std::string cache() const { return (scratch_.path() / "cache").string(); }
  [[nodiscard]] std::string home(size_t index) const { return homes_.at(index)->path().string(); }
  Ran run(const std::string& list, std::vector<std::string> options = {}) const {
    std::vector<std::string> words{"bisect",  sst(),   "--engines", list,
                                   "--cache", cache(), "--json",    "-"};
    words.insert(words.end(), options.begin(), options.end());
    return run_recrank(words);
  }
  [[nodiscard]] json bisect(const std::string& list, int status,
                            std::vector<std::string> options = {}) const {
    const Ran ran = run(list, std::move(options));
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

 private:
  // Bytes behind the end of a program change its sha256 and nothing else.
  void make_another_binary(const fs::path& directory) {
    fs::path worker;
    for (const auto& each : fs::recursive_directory_iterator(directory)) {
      if (each.path().filename() == "xsnap-worker") worker = each.path();
    }
    ASSERT_FALSE(worker.empty());
    const fs::path copy = worker.string() + ".copy";
    fs::copy_file(worker, copy);
    std::ofstream(copy, std::ios::app | std::ios::binary) << "build " << homes_.size();
    fs::rename(copy, worker);
  }

  ScratchDir scratch_;
  std::vector<std::unique_ptr<FakeWorkerHome>> homes_;
};

TEST_F(Bisecting, NamesTheFirstBadBuildAndGivesItsReproducers) {
  const std::string list = engines("GGGBB");
  const std::string markdown = sst() + ".md";
  const json report = bisect(list, 0, {"--markdown", markdown});
  EXPECT_EQ(report.at("schema"), "recrank.bisect/1");
  EXPECT_EQ(report.at("first_bad"), fs::path(home(3)).filename().string());
  EXPECT_EQ(report.at("last_good"), fs::path(home(2)).filename().string());
  EXPECT_EQ(report.at("finding").at("signal"), "SIGSEGV");
  EXPECT_EQ(report.at("confirmed_from_start"), true);
  EXPECT_THAT(report.at("reproduce").at("bad").get<std::string>(),
              HasSubstr("--engine " + home(3)));
  std::ifstream in(markdown);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(text, HasSubstr("| engine | word |"));
  EXPECT_THAT(text, HasSubstr("**Caution.**"));
}

TEST_F(Bisecting, RunsUnderTheOptionsOfTheReplayAndSaysThemAgain) {
  const std::vector<std::string> buffer{"--parser-buffer", "64"};
  const std::string list = engines("GGB");
  const json report = bisect(list, 0, buffer);
  EXPECT_EQ(report.at("first_bad"), fs::path(home(2)).filename().string());
  EXPECT_THAT(report.at("reproduce").at("bad").get<std::string>(), HasSubstr("--parser-buffer 64"));
  // Without it, it is another question: nothing kept answers it.
  EXPECT_GT(bisect(list, 0, {"--perturb", "0"}).at("cost").at("engine_runs"), 0);
  EXPECT_EQ(bisect(list, 0, buffer).at("cost").at("engine_runs"), 0);
  const Ran both = run(list, {"--parser-buffer", "64", "--perturb", "3"});
  EXPECT_EQ(both.status, 129);
  EXPECT_THAT(both.err, HasSubstr("--perturb chooses variations itself"));
}

TEST_F(Bisecting, FindFixNamesTheFirstBuildThatDoesNotShowIt) {
  const std::string list = engines("BBG");
  EXPECT_EQ(bisect(list, 0, {"--find-fix"}).at("first_good"),
            fs::path(home(2)).filename().string());
}

TEST_F(Bisecting, ASecondCallAsksNothingAgainAndNoCacheKeepsNothing) {
  const std::string list = engines("GBB");
  const Ran kept_nothing =
      run_recrank({"bisect", sst(), "--engines", list, "--no-cache", "--perturb", "0"});
  EXPECT_EQ(kept_nothing.status, 0) << kept_nothing.err;
  EXPECT_FALSE(fs::exists(cache()));
  EXPECT_THAT(kept_nothing.out, testing::Not(HasSubstr("from the cache")));
  EXPECT_GT(bisect(list, 0, {"--perturb", "0"}).at("cost").at("engine_runs"), 0);
  EXPECT_EQ(bisect(list, 0, {"--perturb", "0"}).at("cost").at("engine_runs"), 0);
}

TEST_F(Bisecting, OneRunEachIsOneRunEachWhateverTheJobs) {
  const json report = bisect(engines("GGB"), 0, {"--runs", "1", "--jobs", "3", "--perturb", "0"});
  EXPECT_EQ(report.at("cost").at("engine_runs"), 3);
}

TEST_F(Bisecting, TakesTheDialectThatTheUserNamesAndSaysItAgain) {
  const std::string list = engines("GB");
  const json report = bisect(list, 0, {"--dialect", "xsnap-2021", "--runs", "1", "--perturb", "0"});
  EXPECT_THAT(report.at("reproduce").at("bad").get<std::string>(),
              HasSubstr("--dialect xsnap-2021"));
  // Under the other one no engine speaks what is recorded: none is told good or bad.
  EXPECT_EQ(run(list, {"--dialect", "xsnap-2024", "--runs", "1"}).status, 125);
}

TEST_F(Bisecting, AScanTellsAHistoryThatGoesBackAndForth) {
  const json report = bisect(engines("GBGB"), 125, {"--scan"});
  EXPECT_EQ(report.at("ended"), "back-and-forth");
  EXPECT_EQ(report.at("transitions").size(), 3U);
  EXPECT_FALSE(report.contains("first_bad"));
}

TEST_F(Bisecting, AnotherCrashIsShownAndAMissingEngineIsSkipped) {
  const std::string list = engines("GO") + ",/nonexistent/engine," + engines("B");
  const json report = bisect(list, 0);
  EXPECT_EQ(report.at("engines").at(1).at("word"), "other");
  EXPECT_EQ(report.at("engines").at(2).at("word"), "skipped");
  EXPECT_EQ(report.at("transitions").at(0).at("untold").size(), 2U);
}

TEST_F(Bisecting, CleanEnginesAreNoChange) {
  EXPECT_EQ(bisect(engines("GG"), 125).at("ended"), "no-finding");
}

TEST_F(Bisecting, WrongCallsSaySo) {
  const std::string list = engines("GB");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--runs", "3"},
                                             {"--runs", "0"},
                                             {"--perturb", "65"},
                                             {"--range", "a..b"},
                                             {"--git", "x"},
                                             {"--no-cache"}}) {
    EXPECT_EQ(run(list, words).status, 129) << words.front();
  }
  EXPECT_EQ(run_recrank({"bisect", sst()}).status, 129);
}

}  // namespace bisect_e2e_test
}  // namespace recrank
