// For tests on the small real kernel that ./check records: where it is, and what they all do with
// it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include "tests/support/harness/recrank_report.h"

namespace recrank::testing_support {

inline const std::filesystem::path kTiny =
    std::filesystem::path(RECRANK_DATA_DIR) / "recordings" / "tiny";
inline const std::filesystem::path kKernel = kTiny / "kernel";

class TinyKernelTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kTiny / "recording.json")) {
      GTEST_SKIP() << "skipped: no recording in " << kTiny << "; ./check makes one";
    }
  }
};

}  // namespace recrank::testing_support
