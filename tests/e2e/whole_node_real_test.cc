// A whole recorded node (recordings/rough: its database, and the slog of a chain that was
// restarted): one table, who died and of what, and logs of it that were cut.
#include <fstream>
#include <map>

#include "base/scratch_dir.h"
#include "tests/support/harness/tiny_kernel_test.h"

namespace recrank::testing_support {
namespace whole_node_real_test {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kRough = fs::path(RECRANK_DATA_DIR) / "recordings" / "rough";

class RealNode : public TinyKernelTest {
 protected:
  void SetUp() override {
    if (!fs::exists(kRough / "recording.json")) {
      GTEST_SKIP() << "skipped: no recording in " << kRough << "; ./check makes one";
    }
  }
};

TEST_F(RealNode, IsCleanInOneTableThatNamesWhoDiedAndOfWhat) {
  const json found = report_of({"replay", kRough.string(), "--all"}, 0);
  for (const json& each : found.at("subjects")) {
    EXPECT_EQ(each.at("verdict").at("kind"), "clean") << each.at("subject");
    EXPECT_TRUE(each.contains("recorded_heaps")) << each.at("subject");
    EXPECT_TRUE(each.at("cost").contains("slowest_step")) << each.at("subject");
  }
  std::map<std::string, json> ended;
  for (const json& each : found.at("ended")) ended[each.at("name")] = each;
  ASSERT_TRUE(ended.contains("spinner") && ended.contains("shortlived")) << found.at("ended");
  EXPECT_EQ(ended.at("spinner").at("cause"), "Compute meter exceeded");
  EXPECT_EQ(ended.at("spinner").at("told_by"), "chain.slog");
  EXPECT_TRUE(ended.at("spinner").contains("step"));
  EXPECT_EQ(ended.at("shortlived").at("ended"), true);
  EXPECT_TRUE(ended.at("shortlived").contains("block"));
  EXPECT_EQ(ended.at("upgraded").at("ended"), false) << "an upgrade that failed ends nothing";
}

TEST_F(RealNode, AgreesWithItsOwnLogOnBlocksAndCranks) {
  const json found = report_of({"compare", kRough.string(), (kRough / "chain.slog").string()}, 0);
  EXPECT_GT(found.at("compared").at("steps"), 300);
  EXPECT_GT(found.at("agreed").at("blocks").at("last"),
            found.at("agreed").at("blocks").at("first"));
  EXPECT_GT(found.at("agreed").at("cranks").at("with_deliveries"), 200);
}

// A log that was rotated, copied while it was written, or began after the chain did.
TEST_F(RealNode, ALogOfItThatWasCutAnywhereIsNotDifferent) {
  const std::string whole = (kRough / "chain.slog").string();
  std::ifstream file(whole, std::ios::binary);
  const std::string log{std::istreambuf_iterator<char>(file), {}};
  const ScratchDir scratch;
  const std::string cut = (scratch.path() / "cut.slog").string();
  size_t clean = 0;
  constexpr size_t kCuts = 12;
  for (size_t i = 1; i < kCuts; ++i) {
    const size_t at = log.size() * i / kCuts + i;
    for (const std::string& part : {log.substr(0, at), log.substr(at)}) {
      std::ofstream(cut, std::ios::binary | std::ios::trunc) << part;
      const Ran ran = run_recrank({"compare", whole, cut});
      EXPECT_TRUE(ran.status == 0 || ran.status == 125) << at << ": " << ran.out << ran.err;
      if (ran.status == 0) ++clean;
    }
  }
  EXPECT_GT(clean, kCuts);
}

}  // namespace whole_node_real_test
}  // namespace recrank::testing_support
