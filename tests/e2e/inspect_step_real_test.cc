// `recrank inspect --step` on the recorded kernel: what only a real one holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/harness/tiny_kernel_test.h"

namespace recrank {
namespace inspect_step_real_test {

using namespace testing_support;
using testing::AllOf;
using testing::HasSubstr;

using InspectStepReal = TinyKernelTest;

TEST_F(InspectStepReal, NamesWhatTheKernelCallsTheVatsThings) {
  const auto report = report_of({"inspect", kKernel, "--vat", "ledger", "--step", "50"}, 0);
  const auto& step = report["step"];
  EXPECT_EQ(step["asked"]["method"], "issue");
  EXPECT_EQ(step["names"][0]["name"], "o+0");
  EXPECT_THAT(step["names"][0]["machine_name"].get<std::string>(), testing::StartsWith("ko"));
  EXPECT_EQ(step["made"].size(), step["calls"].get<size_t>());
  EXPECT_FALSE(step["store"].empty());
}

TEST_F(InspectStepReal, OfASlogTellsBlocksAndCranks) {
  const Ran ran =
      run_recrank({"inspect", kTiny / "chain.slog", "--vat", "ledger", "--steps", "50..52"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("step  block  crank  calls  computrons  ended  what"),
                             HasSubstr("message o+0 issue")));
}

}  // namespace inspect_step_real_test
}  // namespace recrank
