#include "replay/verdict.h"

#include <gtest/gtest.h>

#include "replay/verdict_words.h"

namespace recrank {
namespace verdict_test {

TEST(ComparedCounts, StepsAloneAreNoComparison) {
  ComparedCounts counts;
  counts.steps = 7;
  EXPECT_EQ(counts.total(), 0U);
}

// What a hang was at is no amount that was used.
TEST(Headline, OfALimitSaysWhatWasUsedOnlyWhereThatIsAnAmount) {
  Verdict verdict;
  verdict.kind = VerdictKind::kLimit;
  verdict.step = 8;
  verdict.limit = StepLimit{LimitKind::kComputrons, "100 computrons", "107", {}};
  EXPECT_EQ(headline(verdict), "limit at step 8: computrons, 100 computrons, 107 used");
  verdict.limit = StepLimit{LimitKind::kStepWall, "2 s", "CPU: it computed", {}};
  verdict.limit->end.pace = HangPace::kBusy;
  EXPECT_EQ(headline(verdict), "limit at step 8: step-wall, 2 s");
}

}  // namespace verdict_test
}  // namespace recrank
