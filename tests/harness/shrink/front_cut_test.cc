#include "harness/shrink/front_cut.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace recrank {
namespace front_cut_test {

using testing::ElementsAre;

struct Asked {
  FrontCut cut;
  std::vector<size_t> places;
};

Asked cut(size_t places, const std::function<FrontAnswer(size_t)>& answer,
          FrontCutOptions options = {}) {
  Asked asked;
  asked.cut = cut_front(
      places,
      [&](size_t place) {
        asked.places.push_back(place);
        return answer(place);
      },
      options);
  return asked;
}

// Holds from that place and all before it.
std::function<FrontAnswer(size_t)> up_to(size_t place) {
  return [=](size_t asked) { return asked <= place ? FrontAnswer::kHolds : FrontAnswer::kFails; };
}

TEST(FrontCut, AsksTheLastPlaceOnceWhereThatHolds) {
  const Asked asked = cut(1000, up_to(999));
  EXPECT_EQ(asked.cut.place, 999U);
  EXPECT_TRUE(asked.cut.tight);
  EXPECT_THAT(asked.places, ElementsAre(999));
}

TEST(FrontCut, FindsTheLastPlaceThatHoldsWhereverItIs) {
  for (const size_t places : {1U, 2U, 3U, 7U, 100U}) {
    for (size_t held = 0; held < places; ++held) {
      const Asked asked = cut(places, up_to(held));
      EXPECT_EQ(asked.cut.place, held) << places;
      EXPECT_TRUE(asked.cut.tight);
      EXPECT_LE(asked.places.size(), 15U);
      EXPECT_EQ(asked.cut.probes, asked.places.size());
    }
  }
}

TEST(FrontCut, WalksBackInLongerStridesAndHalvesThen) {
  EXPECT_THAT(cut(100, up_to(93)).places, ElementsAre(99, 98, 96, 92, 94, 93));
}

TEST(FrontCut, HasNoPlaceWhereTheFrontItselfDoesNotHold) {
  const Asked asked = cut(9, [](size_t) { return FrontAnswer::kFails; });
  EXPECT_EQ(asked.cut.place, std::nullopt);
  EXPECT_FALSE(asked.cut.tight);
  EXPECT_THAT(asked.places, ElementsAre(8, 7, 5, 1, 0));
}

// One that holds and one behind it that does not: that is all that is claimed.
TEST(FrontCut, OfPlacesInNoOrderClaimsOnlyWhatWasAsked) {
  const Asked asked = cut(20, [](size_t place) {
    return place == 18 || place % 2 == 1 ? FrontAnswer::kFails : FrontAnswer::kHolds;
  });
  ASSERT_EQ(asked.cut.place, 16U);
  EXPECT_TRUE(asked.cut.tight);
}

TEST(FrontCut, ABudgetEndsWithTheFrontAndClaimsNothing) {
  FrontCutOptions options;
  options.probes_max = 2;
  const Asked asked = cut(100, up_to(50), options);
  EXPECT_THAT(asked.places, ElementsAre(99, 98, 0));
  EXPECT_EQ(asked.cut.place, 0U);
  EXPECT_TRUE(asked.cut.out_of_budget);
  EXPECT_FALSE(asked.cut.tight);
}

TEST(FrontCut, EndsWhereItIsInterrupted) {
  const Asked asked = cut(100, [](size_t place) {
    return place == 99 ? FrontAnswer::kFails : FrontAnswer::kInterrupted;
  });
  EXPECT_TRUE(asked.cut.interrupted);
  EXPECT_THAT(asked.places, ElementsAre(99, 98));
}

}  // namespace front_cut_test
}  // namespace recrank
