#include <gtest/gtest.h>

#include "snapshot/recording.h"

namespace recrank {
namespace {

TEST(VatIds, SortByNumber) {
  EXPECT_TRUE(vat_id_less("v2", "v10"));
  EXPECT_FALSE(vat_id_less("v10", "v2"));
}

}  // namespace
}  // namespace recrank
