#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "snapshot/made_recording.h"
#include "snapshot/recording.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace recording_test {

TEST(VatIds, SortByNumber) {
  EXPECT_TRUE(vat_id_less("v2", "v10"));
  EXPECT_FALSE(vat_id_less("v10", "v2"));
}

TEST(VatIds, HaveOneOrderWhateverTheyAre) {
  const std::vector<std::string> ordered{
      "v2", "v10", "", "d3", "v", "v1x", "v99999999999999999999"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(vat_id_less(ordered[i], ordered[j]), i < j) << ordered[i] << " " << ordered[j];
    }
  }
}

TEST(LostSteps, AreThoseOfDamageThatTouchTheRange) {
  Subject subject;
  subject.missing = {{{0, 4}, "pruned"}, {{6, 8}, "half a span", "store: v1 span 6..8"}};
  EXPECT_EQ(subject.lost_in({0, 6}), nullptr);
  ASSERT_NE(subject.lost_in({7, kNoEnd}), nullptr);
  EXPECT_EQ(subject.lost_in({7, 8})->damaged_place, "store: v1 span 6..8");
  EXPECT_EQ(subject.lost_in({8, kNoEnd}), nullptr);
}

TEST(LostSteps, OfTheSourceAreNoneOfARecordingThatIsMadeOfItsSteps) {
  FakeRecording source;
  source.add_deliveries(2);
  source.subject().missing = {{{2, kNoEnd}, "it has no current span", "store: v1"}};
  std::vector<MadeStep> steps(1);
  const MadeRecording made(source, source.subjects().front(), Checkpoint{}, recrank::Setup{},
                           std::move(steps));
  EXPECT_EQ(made.subjects().front().lost_in({0, kNoEnd}), nullptr);
}

}  // namespace recording_test
}  // namespace recrank
