// Capsules of a real kernel's vats, replayed on the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/scratch_dir.h"
#include "tests/support/harness/tiny_kernel_test.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace pack_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing_support::kKernel;
using testing_support::kTiny;
using testing_support::Ran;
using testing_support::report_of;
using testing_support::run_recrank;

class RealPack : public testing_support::TinyKernelTest {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (scratch_.path() / name).string();
  }

  // Packs, moves the capsule away, replays it and holds it against the recording.
  void round_trip(const fs::path& recording, const std::string& vat, std::vector<std::string> range,
                  int status = 0) {
    std::vector<std::string> original{"replay", recording.string(), "--vat", vat};
    original.insert(original.end(), range.begin(), range.end());
    const json before = report_of(original, status);
    std::vector<std::string> pack{"pack", recording.string(), "--vat", vat, "-o", at("x.crank")};
    pack.insert(pack.end(), range.begin(), range.end());
    report_of(pack, 0);
    fs::create_directory(at("empty"));
    fs::rename(at("x.crank"), at("empty") + "/moved.crank");
    const auto state = evidence_state(at("empty"));
    const json after = report_of({"replay", at("empty") + "/moved.crank"}, status);
    for (const char* member : {"range", "compared"})
      EXPECT_EQ(after.at(member), before.at(member)) << member;
    EXPECT_EQ(after.at("verdict").at("kind"), before.at("verdict").at("kind"));
    EXPECT_EQ(after.at("expected").at("met"), true);
    EXPECT_EQ(after.at("expected").at("same_engine"), true);
    const json compared = report_of({"compare", recording.string(), at("empty") + "/moved.crank",
                                     "--vat", before.at("subject").at("id").get<std::string>()},
                                    0);
    EXPECT_EQ(compared.at("verdict").at("kind"), "clean") << compared.dump();
    report_of({"inspect", at("empty") + "/moved.crank", "--verify"}, 0);
    EXPECT_EQ(evidence_state(at("empty")), state);
  }

  ScratchDir scratch_;
};

TEST_F(RealPack, FromGenesisReplaysAndComparesAsTheRecordingDoes) {
  round_trip(kKernel, "ledger", {});
}

TEST_F(RealPack, FromAHeapSnapshotReplaysAndComparesAsTheRecordingDoes) {
  round_trip(kKernel, "ledger", {"--from", "60"});
}

TEST_F(RealPack, AnUpgradedVatKeepsTheSetupOfBothIncarnations) {
  round_trip(kKernel, "upgraded", {});
}

TEST_F(RealPack, ARecordedFailureOfALogIsMetAgain) {
  round_trip(kTiny / "chain.slog", "spinner", {}, 3);
}

TEST_F(RealPack, TwoCapsulesOfOneRangeAreEqualBytes) {
  fs::create_directory(at("b"));
  for (const char* to : {"a.crank", "b/c.crank"}) {
    report_of({"pack", kKernel.string(), "--vat", "ledger", "--from", "60", "--all-checkpoints",
               "-o", at(to)},
              0);
  }
  EXPECT_EQ(sha256_hex_of_file(at("a.crank")), sha256_hex_of_file(at("b/c.crank")));
  // Its inner heap snapshots serve as checkpoints too.
  const json report = report_of({"replay", at("a.crank"), "--from", "80"}, 0);
  EXPECT_EQ(report.at("range").at("checkpoint"), "snapshot@71");
  EXPECT_EQ(report.at("expected").at("met"), nullptr);
}

TEST_F(RealPack, ACapsuleOfACapsuleReplaysToo) {
  report_of({"pack", kKernel.string(), "--vat", "ledger", "-o", at("a.crank")}, 0);
  report_of({"pack", at("a.crank"), "--to", "50", "-o", at("b.crank")}, 0);
  EXPECT_EQ(report_of({"replay", at("b.crank")}, 0).at("compared").at("steps"), 51);
}

}  // namespace pack_real_test
}  // namespace recrank
