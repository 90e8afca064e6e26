#include "replay/verdict.h"

#include <gtest/gtest.h>

namespace recrank {
namespace verdict_test {

TEST(ComparedCounts, StepsAloneAreNoComparison) {
  ComparedCounts counts;
  counts.steps = 7;
  EXPECT_EQ(counts.total(), 0U);
}

}  // namespace verdict_test
}  // namespace recrank
