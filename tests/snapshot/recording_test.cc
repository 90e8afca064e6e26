#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "snapshot/recording.h"

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

}  // namespace recording_test
}  // namespace recrank
