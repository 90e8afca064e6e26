// A directory full of secrets, evidence that looks like them, and evidence that holds some.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/capture/node_capture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/secret_plants.h"

namespace recrank {
namespace secret_corpus_test {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing_support::harmless_files;
using testing_support::PlantedFile;
using testing_support::secret_plants;
using testing_support::suspicious_evidence;

class SecretCorpus : public testing::Test {
 protected:
  void plant(const std::vector<PlantedFile>& files) {
    for (const PlantedFile& file : files) {
      fs::create_directories((node_ / file.path).parent_path());
      write_bytes(node_ / file.path, file.content);
    }
  }
  CapturedNode capture(bool leave_out_suspects = false) {
    fs::remove(archive_);
    return capture_node({node_, archive_, {}, leave_out_suspects, {}}, never_);
  }
  // The rule that has the file, or the directory that it lies in.
  static std::string rule_for(const std::vector<PassedOver>& list, const std::string& path) {
    for (const PassedOver& each : list) {
      if (path == each.path || path.starts_with(each.path + "/")) return each.rule;
    }
    return "none";
  }

  const ScratchDir scratch_;
  const fs::path node_ = scratch_.path() / "node";
  const fs::path archive_ = scratch_.path() / "a.tar.zst";
  const Interrupt never_{};
};

TEST_F(SecretCorpus, KeepsOutEveryPlantAndSaysByWhichRule) {
  const auto plants = secret_plants();
  EXPECT_GE(plants.size(), 95U);
  plant(plants);
  write_bytes(node_ / "kept", "kept");
  const CapturedNode made = capture();
  std::vector<std::string> kept;
  for (const CaptureFile& file : made.walk.files) kept.push_back(file.path);
  EXPECT_THAT(kept, testing::ElementsAre("kept"));
  for (const PlantedFile& file : plants) {
    EXPECT_EQ(rule_for(made.walk.secrets, file.path), file.rule) << file.path;
  }
}

TEST_F(SecretCorpus, KeepsEvidenceThatOnlyLooksLikeSecrets) {
  const auto files = harmless_files();
  EXPECT_GE(files.size(), 40U);
  plant(files);
  const CapturedNode made = capture();
  EXPECT_EQ(made.walk.files.size(), files.size());
  for (const PlantedFile& file : files) {
    EXPECT_EQ(rule_for(made.walk.secrets, file.path), "none") << file.path;
    EXPECT_EQ(rule_for(made.walk.suspects, file.path), "none") << file.path;
  }
}

TEST_F(SecretCorpus, KeepsARecordingThatHoldsAKeyAndSaysSoLoudly) {
  const auto files = suspicious_evidence();
  plant(files);
  const CapturedNode made = capture();
  EXPECT_EQ(made.walk.files.size(), files.size());
  EXPECT_THAT(made.walk.secrets, IsEmpty());
  for (const PlantedFile& file : files) {
    EXPECT_EQ(rule_for(made.walk.suspects, file.path), file.rule) << file.path;
  }
  EXPECT_EQ(made.walk.suspects.at(1).path, "node.log");
  EXPECT_EQ(made.walk.suspects.at(1).line, 2U);
}

TEST_F(SecretCorpus, LeavesSuchARecordingOutWhenAskedAndTellsThatEvidenceIsMissing) {
  const auto files = suspicious_evidence();
  plant(files);
  write_bytes(node_ / "kept", "kept");
  const CapturedNode made = capture(true);
  EXPECT_EQ(made.walk.files.size(), 1U);
  EXPECT_EQ(made.walk.secrets.size(), files.size());
  EXPECT_EQ(made.walk.evidence_left_out, files.size());
}

TEST_F(SecretCorpus, ARecordingThatWasLeftOutIsNotSaidToBeHeld) {
  plant({suspicious_evidence().at(2), {"kept", "kept", ""}});
  EXPECT_TRUE(capture().recording);
  const CapturedNode made = capture(true);
  EXPECT_FALSE(made.recording);
  EXPECT_THAT(made.holds, testing::HasSubstr("vat.slog was left out"));
}

TEST_F(SecretCorpus, AHardLinkToAKeyIsTheKey) {
  plant({{"identity.bin", "the key", ""}, {"kept", "kept", ""}});
  fs::create_hard_link(node_ / "identity.bin", node_ / "zero");
  const CapturedNode made = capture();
  EXPECT_EQ(rule_for(made.walk.secrets, "zero"), "equal-to-a-secret");
}

TEST_F(SecretCorpus, NothingThatIsWrittenTellsTheSecret) {
  const std::string secret = "hunter-22-and-more";
  plant({{"a.toml", "password = \"" + secret + "\"\n", ""}, {"kept", "kept", ""}});
  const CapturedNode made = capture();
  ASSERT_EQ(made.walk.secrets.size(), 1U);
  EXPECT_EQ(made.walk.secrets.front().line, 1U);
  EXPECT_EQ(made.walk.secrets.front().why.find(secret), std::string::npos);
}

}  // namespace secret_corpus_test
}  // namespace recrank
