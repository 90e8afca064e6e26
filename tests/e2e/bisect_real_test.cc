// `recrank bisect` over the two real engines: a build without optimisation counts otherwise.

#include "tests/support/harness/tiny_kernel_test.h"

#include <gmock/gmock.h>

#include "base/scratch_dir.h"

namespace recrank {
namespace bisect_real_test {

using testing::HasSubstr;
using testing_support::kKernel;
using testing_support::report_of;

class RealBisect : public testing_support::TinyKernelTest {
 protected:
  [[nodiscard]] nlohmann::json bisect(const std::string& engines, int status,
                                      std::vector<std::string> more = {}) const {
    std::vector<std::string> words{
        "bisect",    kKernel.string(), "--vat",   "ledger",
        "--engines", engines,          "--cache", scratch_.path().string()};
    words.insert(words.end(), more.begin(), more.end());
    return report_of(words, status);
  }
  ScratchDir scratch_;
};

TEST_F(RealBisect, NamesTheDebugBuildByItsComputronsAndAsksNothingTwice) {
  const nlohmann::json first = bisect("xsnap-0.15.0,xsnap-0.15.0-debug", 0);
  EXPECT_EQ(first.at("ended"), "change");
  EXPECT_EQ(first.at("first_bad"), "xsnap-0.15.0-debug");
  EXPECT_EQ(first.at("finding").at("field"), "computrons");
  EXPECT_EQ(first.at("confirmed_from_start"), true);
  EXPECT_THAT(first.at("caution").at("text").get<std::string>(), HasSubstr("does not show"));
  const nlohmann::json again = bisect("xsnap-0.15.0,xsnap-0.15.0-debug", 0);
  EXPECT_EQ(again.at("cost").at("engine_runs"), 0);
  EXPECT_EQ(again.at("first_bad"), first.at("first_bad"));
}

TEST_F(RealBisect, FindFixNamesTheReleaseBuild) {
  const nlohmann::json report =
      bisect("xsnap-0.15.0-debug,xsnap-0.15.0", 0, {"--find-fix", "--perturb", "0"});
  EXPECT_EQ(report.at("first_good"), "xsnap-0.15.0");
}

TEST_F(RealBisect, WithoutWhatDiffersThereIsNoFinding) {
  const nlohmann::json report =
      bisect("xsnap-0.15.0,xsnap-0.15.0-debug", 125,
             {"--compare", "syscalls,result", "--runs", "1", "--to", "40"});
  EXPECT_EQ(report.at("ended"), "no-finding");
}

}  // namespace bisect_real_test
}  // namespace recrank
