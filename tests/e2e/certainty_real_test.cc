// What a crash of the real engine hangs on: a limit of the address space.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace certainty_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing_support::run_recrank;

const fs::path kKernel = fs::path(RECRANK_DATA_DIR) / "recordings" / "tiny" / "kernel";

class RealCertainty : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kKernel))
      GTEST_SKIP() << "skipped: no recording in " << kKernel << "; ./check makes one";
  }

  static json explained(const std::string& vat, const std::string& limit,
                        std::vector<std::string> options = {}) {
    std::vector<std::string> words{
        "replay", kKernel.string(), "--vat",          vat, "--memory-limit",
        limit,    "--explain",      "--explain-runs", "3", "--json",
        "-"};
    words.insert(words.end(), options.begin(), options.end());
    return json::parse(run_recrank(words).out);
  }
};

TEST_F(RealCertainty, AnEngineThatDiesAtStartForLackOfAddressSpaceIsTheEnvironment) {
  const json report = explained("evaluator", "1000MB");
  EXPECT_EQ(report.at("verdict").at("kind"), "crashed") << report.dump(1);
  EXPECT_EQ(report.at("verdict").at("signal"), "SIGSEGV");
  EXPECT_EQ(report.at("explain").at("cause"), "environment") << report.dump(1);
  EXPECT_EQ(report.at("explain").at("sure"), true);
  for (const json& row : report.at("explain").at("rows")) {
    // The debug engine dies of the same lack.
    const bool debug = row.at("control") == "debug-engine" && !row.contains("not_run");
    EXPECT_TRUE(!debug || row.at("met") == 3) << row;
  }
}

// Where it crashes between clean and refused depends on the size of the build: look for it.
TEST_F(RealCertainty, ADeliveryWhoseParserRunsOutOfAddressSpaceIsTheEnvironment) {
  for (const char* limit : {"1225MB", "1200MB", "1250MB", "1175MB", "1275MB"}) {
    const auto ran =
        run_recrank({"replay", kKernel.string(), "--vat", "evaluator", "--memory-limit", limit});
    if (ran.status != 2) continue;
    const json report = explained("evaluator", limit, {"--repeat", "3"});
    EXPECT_EQ(report.at("verdict").at("step"), 6);
    EXPECT_EQ(report.at("repeat").at("agreed"), 3);
    EXPECT_EQ(report.at("explain").at("cause"), "environment") << report.dump(1);
    return;
  }
  GTEST_SKIP() << "skipped: none of the limits tried makes this build crash in the delivery";
}

TEST_F(RealCertainty, AByteThatIsNotWhatItsHashSaysIsCorruptEvidence) {
  const ScratchDir scratch;
  fs::copy(kKernel, scratch.path() / "kernel");
  const fs::path file = scratch.path() / "kernel" / "swingstore.sqlite";
  std::string bytes = read_small_file(file, 256 << 20);
  // In the ledger's transcript, in every place where the record may stand.
  const std::string word = R"(\"issue\")";
  ASSERT_NE(bytes.find(word), std::string::npos);
  for (size_t at = bytes.find(word); at != std::string::npos; at = bytes.find(word, at + 1))
    bytes[at + 2] = 'j';
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(file, std::ios::binary) << bytes;
  const auto ran = run_recrank(
      {"replay", file.parent_path().string(), "--vat", "ledger", "--explain", "--json", "-"});
  EXPECT_EQ(ran.status, 125) << ran.out << ran.err;
  const json report = json::parse(ran.out);
  EXPECT_EQ(report.at("explain").at("cause"), "corrupt evidence") << report.dump(1);
  EXPECT_TRUE(report.at("explain").at("rows").empty());
}

TEST_F(RealCertainty, ACleanVatHasNothingToExplain) {
  const json report = explained("ledger", "6GiB");
  EXPECT_EQ(report.at("explain").at("cause"), "nothing to explain") << report.dump(1);
}

}  // namespace certainty_real_test
}  // namespace recrank
