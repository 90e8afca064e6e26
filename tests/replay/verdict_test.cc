#include "replay/verdict.h"

#include <gtest/gtest.h>

namespace recrank {
namespace {

TEST(ComparedCounts, StepsAloneAreNoComparison) {
  ComparedCounts counts;
  counts.steps = 7;
  EXPECT_EQ(counts.total(), 0U);
}

}  // namespace
}  // namespace recrank
