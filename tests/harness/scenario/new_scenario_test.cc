#include "harness/scenario/new_scenario.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "base/error.h"
#include "harness/request/option_table.h"
#include "harness/scenario/scenario.h"
#include "tests/support/harness/scenario_results.h"

namespace recrank {
namespace new_scenario_test {

using namespace testing_support;
using testing::HasSubstr;

OptionValues options(const std::vector<std::string>& words) { return parse_options(words); }

// A verdict that was seen on "engine".
class NewScenario : public testing::Test {
 protected:
  Json json(Verdict verdict, const std::vector<std::string>& words = {}) {
    return new_scenario_json(seen(std::move(verdict)), options(words));
  }

  SeenVerdict seen(Verdict verdict) {
    session_.report.subject.id = "v1";
    session_.report.result.verdict = std::move(verdict);
    SeenVerdict seen;
    seen.recording_file = "recording.crank";
    seen.subject_id = "v1";
    seen.engine = {"engine", "../../engines/engine", "build it"};
    seen.identity.name = "engine";
    seen.identity.sha256 = std::string(64, 'a');
    seen.range = {3, 8};
    seen.begin = "genesis";
    seen.session = &session_;
    return seen;
  }

  SubjectSession session_;
};

// The reader's own rules: what is written must be one.
Scenario read_back(const Json& scenario) { return parse_scenario("/tmp/s", scenario.dump(2)); }

TEST_F(NewScenario, OfACrashExpectsKindStepAndSignatureOfThatEngine) {
  const Scenario scenario = read_back(json(crash("SIGSEGV null f")));
  EXPECT_EQ(scenario.title, "SIGSEGV null f, v1 on engine");
  ASSERT_EQ(scenario.expect.size(), 1U);
  EXPECT_EQ(scenario.expect[0].engine, "engine");
  EXPECT_EQ(to_words(scenario.expect[0].verdict), "crashed at step 7, SIGSEGV null f");
  EXPECT_EQ(scenario.engines[0].spec.needs, "build it");
  EXPECT_EQ(scenario.options, OptionValues());
}

TEST_F(NewScenario, OfADivergenceExpectsItsField) {
  Verdict verdict;
  verdict.kind = VerdictKind::kDiverged;
  verdict.step = 4;
  verdict.divergences.push_back({4, Field::kSyscallWrong, 1, "a", "b"});
  EXPECT_EQ(to_words(read_back(json(verdict)).expect[0].verdict),
            "diverged at step 4, syscall wrong");
}

TEST_F(NewScenario, OfALimitExpectsTheLimitAndNoSignatureOfAHang) {
  Verdict verdict;
  verdict.kind = VerdictKind::kLimit;
  verdict.step = 4;
  verdict.limit.emplace();
  verdict.limit->kind = LimitKind::kStepWall;
  verdict.signature = "hang f<g";
  verdict.as_recorded = true;
  const Json scenario = json(verdict);
  EXPECT_EQ(to_words(read_back(scenario).expect[0].verdict),
            "limit at step 4, step-wall, as recorded");
  EXPECT_FALSE(scenario["expect"][0].contains("signature"));
}

TEST_F(NewScenario, OfACleanReplayExpectsThatAndNoStep) {
  EXPECT_EQ(to_words(read_back(json(clean())).expect[0].verdict), "clean");
}

TEST_F(NewScenario, CarriesWhateverBoundedOrNarrowedTheReplay) {
  const std::vector<std::string> words{"--meter-limit",   "1000",
                                       "--step-limit",    "2.5",
                                       "--wall-limit",    "60",
                                       "--memory-limit",  "1500MB",
                                       "--compare",       "syscalls,result",
                                       "--aslr",          "off",
                                       "--on-divergence", "continue",
                                       "--verify-clock",  "sample",
                                       "--parser-buffer", "64",
                                       "--reload-after",  "3,5"};
  const Json scenario = json(clean(), words);
  EXPECT_EQ(scenario["limits"].dump(),
            R"({"meter":1000,"step_s":2.5,"wall_s":60,"memory":"1500MB"})");
  EXPECT_EQ(read_back(scenario).options, options(words));
}

TEST_F(NewScenario, CannotTrustAHeap) {
  try {
    static_cast<void>(json(clean(), {"--trust-checkpoint"}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST_F(NewScenario, AsksForARateOnlyWhereSomeRunsWentOtherwise) {
  session_.repeated.runs = 20;
  session_.repeated.agreed = 20;
  EXPECT_FALSE(json(crash("S f"))["expect"][0].contains("rate"));
  EXPECT_EQ(json(crash("S f"))["repeat"], 20);
  session_.repeated.agreed = 10;
  const Scenario scenario = read_back(json(crash("S f")));
  EXPECT_EQ(scenario.repeat, 20U);
  EXPECT_EQ(scenario.expect[0].verdict.rate_at_least, 0.05);  // least_hits(10, 20) is 1
}

TEST_F(NewScenario, RefusesAFindingTooRareForSoFewRuns) {
  session_.repeated.runs = 20;
  session_.repeated.agreed = 1;
  try {
    static_cast<void>(json(crash("S f")));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 of 20 runs, too few"));
    EXPECT_THAT(error.what(), HasSubstr("--repeat 80"));
  }
}

TEST(LeastHits, AreMissedInAtMostOneOfAHundredCalls) {
  for (const uint64_t runs : {5UL, 20UL, 100UL, 10'000UL}) {
    for (uint64_t hits = 0; hits <= runs; hits += std::max<uint64_t>(1, runs / 7)) {
      const uint64_t least = least_hits(hits, runs);
      EXPECT_LE(least, hits);
      // Counted by hand where that is exact: none of them at the lowest rate.
      if (least == 0 || runs > 20) continue;
      const double low = rate_interval(hits, runs).low;
      EXPECT_LE(std::pow(1 - low, static_cast<double>(runs)), 0.01) << hits << " of " << runs;
    }
  }
  EXPECT_EQ(least_hits(0, 20), 0U);
  EXPECT_EQ(least_hits(3, 20), 0U);
}

TEST_F(NewScenario, HasAReadmeWithTheFacts) {
  SeenVerdict what = seen(crash("SIGSEGV null f<g>", "its last words"));
  const std::string text =
      new_scenario_readme(what, options({}), new_scenario_json(what, options({})), "12ab");
  EXPECT_TRUE(text.starts_with("# SIGSEGV null f\\<g\\>, v1 on engine\n")) << text;
  EXPECT_THAT(text, HasSubstr("| verdict | crashed at step 7: SIGSEGV |"));
  EXPECT_THAT(text, HasSubstr("| its sha256 | `" + std::string(64, 'a') + "` |"));
  EXPECT_THAT(text, HasSubstr("steps 3 to 7 from genesis"));
  EXPECT_THAT(text, HasSubstr("sha256 `12ab`"));
  EXPECT_THAT(text, HasSubstr("its last words"));
  EXPECT_THAT(text, HasSubstr("```sh\nrecrank run .\nrecrank replay recording.crank --engine "
                              "../../engines/engine\n```"));
  // No time: the same finding gives the same page.
  EXPECT_FALSE(std::regex_search(text, std::regex("steps/s|CPU")));
}

TEST_F(NewScenario, WithstandsHostileTitlesAndSignatures) {
  SeenVerdict what = seen(crash("S \"f\\g|```", kHostileText));
  what.title = kHostileText + std::string(300, 'x');
  const Json scenario = new_scenario_json(what, options({}));
  EXPECT_EQ(read_back(scenario).expect[0].verdict.signature, "S \"f\\g|```");
  const std::string text = new_scenario_readme(what, options({}), scenario, "12ab");
  for (const char bad : {'\x01', '\x1b', '\xff'}) EXPECT_EQ(text.find(bad), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\n````text\n"));
}

}  // namespace new_scenario_test
}  // namespace recrank
