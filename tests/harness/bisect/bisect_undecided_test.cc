// What a bisection says where runs, or signatures, do not decide it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_dir.h"
#include "harness/bisect/bisect_report.h"
#include "tests/harness/bisect/fated_engines.h"

namespace recrank {
namespace bisect_undecided_test {

using namespace fated_engines;

using testing::HasSubstr;
using testing::Not;

class Undecided : public Bisecting {};

TEST_F(Undecided, ARareCrashOverTwelveBuildsIsNeverSaidToLieOutsideTheList) {
  // 0.15: the bad ones show it by chance or not, within the few runs that cannot decide.
  std::vector<Fate> seldom(20, kPasses);
  for (const size_t i : {0U, 9U, 15U}) seldom[i] = kDies;
  FakeCandidates candidates("GGGGGGGGGGGG");
  for (size_t i = 5; i < 12; ++i) candidates.set(i, in_turn(seldom));
  request_.rule.runs_max = 30;
  request_.variations = 0;
  const BisectResult few = bisect(candidates);
  EXPECT_EQ(few.found.end, BisectEnd::kNotDecided);
  EXPECT_EQ(bisect_exit_status({few}), 125);
  const std::string told = text(few, candidates);
  EXPECT_THAT(told, HasSubstr("not decided: "));
  EXPECT_THAT(told, Not(HasSubstr("outside the list:")));
  EXPECT_THAT(told, HasSubstr("what is not decided needs about " +
                              std::to_string(few.bad_end->enough_runs) + " (--runs "));
  // So many do.
  FakeCandidates again("GGGGGGGGGGGG");
  for (size_t i = 5; i < 12; ++i) again.set(i, in_turn(seldom));
  request_.rule.runs_max = few.bad_end->enough_runs;
  EXPECT_EQ(changed_at(bisect(again)), 5U);
}

TEST_F(Undecided, ARaceThatDiesInSeveralWaysIsToldFromAChangeOutsideTheList) {
  FakeCandidates candidates("OOOO");
  // The bad end was met with the rarest of its signatures.
  candidates.set(3, in_turn({kDies, kDiesOtherwise, kDiesOtherwise, kDiesOtherwise}));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(result.found.end, BisectEnd::kNotDecided);
  EXPECT_GT(result.engines[3].tally.alike, 0U);
  const std::string told = text(result, candidates);
  EXPECT_THAT(told, HasSubstr("O0, O1, O2: neither good nor bad"));
  EXPECT_THAT(told, HasSubstr("crashed in another way"));
  EXPECT_THAT(told, HasSubstr("of O3, which shows more than one"));
  EXPECT_THAT(told, HasSubstr("--any-finding judges by what is found at all"));
}

TEST_F(Undecided, SaysWhatIsKeptAndThatNothingIs) {
  const auto interrupted = [&] {
    FakeCandidates candidates("GGB");
    Interrupt stop;
    candidates.set(0, [&](uint64_t start) {
      if (start == 2) stop.request();
      return kPasses;
    });
    request_.replay.subject_id = "v1";
    ProbeCache cache(cache_directory_);
    EngineShelf shelf(candidates);
    return text(run_bisect(recording_, shelf, request_, cache, stop, nullptr), candidates);
  };
  EXPECT_THAT(interrupted(), HasSubstr("nothing is kept"));
  EXPECT_THAT(interrupted(), Not(HasSubstr("from the cache")));
  const ScratchDir scratch;
  cache_directory_ = scratch.path();
  EXPECT_THAT(interrupted(), HasSubstr("what was learned is kept"));
}

TEST_F(Undecided, VariationsThatTheGoodOneDoesNotSurviveAnywhereAreNoPartOfTheCaution) {
  FakeCandidates candidates("GGB");
  Fate frail = kPasses;
  frail.dies_of_heaps = true;
  candidates.set(1, always(frail));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.caution->other + result.caution->of_itself, 0U);
  EXPECT_GT(result.caution->passed, 0U);
  EXPECT_THAT(text(result, candidates),
              HasSubstr("Left out extra heaps: on a clean stretch this engine ends with SIGBUS"));
}

}  // namespace bisect_undecided_test
}  // namespace recrank
