// For tests on the small real kernel that ./check records: where it is, and what they all do with it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/recrank_process.h"

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

  // The report of a command that must end with `status`.
  static nlohmann::json report_of(std::vector<std::string> words, int status) {
    words.insert(words.end(), {"--json", "-"});
    const Ran ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return nlohmann::json::parse(ran.out);
  }
};

}  // namespace recrank::testing_support
