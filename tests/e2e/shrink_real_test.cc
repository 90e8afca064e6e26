// Shrinking on a real kernel, recorded with real workers, with the real engine.

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/harness/tiny_kernel_test.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace shrink_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing_support::kTiny;
using testing_support::report_of;
using testing_support::run_recrank;

class RealShrink : public testing_support::TinyKernelTest {
 protected:
  // Shrinks, and replays what came of it with nothing but its name.
  [[nodiscard]] json shrink(const std::string& evidence, std::vector<std::string> options,
                            int status) const {
    std::vector<std::string> words{"shrink", (kTiny / evidence).string(), "-o", capsule()};
    words.insert(words.end(), options.begin(), options.end());
    const json report = report_of(words, status);
    const json again = report_of({"replay", capsule()}, status);
    EXPECT_EQ(again.at("expected").at("met"), true) << again.dump();
    return report;
  }
  [[nodiscard]] std::string capsule() const { return (scratch_.path() / "small.crank").string(); }

  ScratchDir scratch_;
};

TEST_F(RealShrink, ARecordedMeterFaultOfALogNeedsTwoSteps) {
  const json report = shrink("chain.slog", {"--vat", "spinner"}, 3);
  EXPECT_EQ(report.at("steps").at("kept"), json::array({1, report.at("finding").at("step")}));
  EXPECT_EQ(report.at("minimal"), true);
}

TEST_F(RealShrink, ASegmentationFaultOfTheParserNeedsItsOwnStepOnly) {
  const std::vector<std::string> options{"--vat", "evaluator", "--memory-limit", "1200MB"};
  const json near = shrink("kernel", options, 2);
  EXPECT_NE(near.at("steps").at("from"), "genesis");
  EXPECT_EQ(near.at("steps").at("kept"), json::array({near.at("finding").at("step")}));
  fs::remove(capsule());
  std::vector<std::string> whole = options;
  whole.push_back("--from-genesis");
  const json far = shrink("kernel", whole, 2);
  EXPECT_EQ(far.at("steps").at("from"), "genesis");
  EXPECT_EQ(far.at("steps").at("kept"), json::array({1, far.at("finding").at("step")}));
}

TEST_F(RealShrink, ABlockThatGrewTooCostlyNeedsTheVatsThatItSpeaksTo) {
  const json report =
      shrink("kernel", {"--vat", "bootstrap", "--from", "5", "--meter-limit", "130000"}, 3);
  // 94 to 7 in 55 probes, with the recording that this was written on.
  EXPECT_GT(report.at("steps").at("before"), 50);
  EXPECT_LE(report.at("steps").at("after"), 12);
  EXPECT_GT(report.at("steps").at("after"), 1);
  EXPECT_EQ(report.at("minimal"), true);
  EXPECT_LE(report.at("probes").at("asked"), 120);
}

}  // namespace shrink_real_test
}  // namespace recrank
