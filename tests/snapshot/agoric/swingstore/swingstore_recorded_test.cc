// A store that a real kernel wrote, and its own exports.
#include <gtest/gtest.h>

#include "base/hash.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank::agoric {
namespace swingstore_recorded_test {

namespace fs = std::filesystem;

class SwingstoreRecordedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(directory_ / "kernel/swingstore.sqlite")) {
      GTEST_SKIP() << "no recording in " << directory_
                   << " (third_party/README.md says how to make one)";
    }
  }

  std::unique_ptr<Recording> open_sqlite() {
    return open_swingstore_sqlite(directory_ / "kernel/swingstore.sqlite", "store");
  }

  const fs::path directory_ = fs::path(RECRANK_DATA_DIR) / "recordings/tiny";
};

// One digest over all that a replay of the vat's held steps would see.
std::string digest_of(const Recording& recording, const Subject& subject) {
  Sha256 hash;
  Step step;
  for (const StepRange& range : subject.held) {
    const auto stream = recording.steps(subject.id, range);
    while (stream->next(step)) {
      hash.update(std::to_string(step.number) + " ");
      hash.update(step.delivery);
      for (const ExpectedCall& call : step.calls) {
        hash.update(call.call);
        hash.update(call.answer);
      }
      hash.update(std::to_string(step.computrons.value_or(0)));
      hash.update(step.expected_snapshot);
    }
  }
  return hash.finish_hex();
}

TEST_F(SwingstoreRecordedTest, AllHashesAreRight) {
  const auto before = evidence_state(directory_ / "kernel");
  const auto recording = open_sqlite();
  EXPECT_TRUE(recording->info().notes.empty());
  const HashReport report = recording->verify({});
  EXPECT_TRUE(report.damage.empty());
  EXPECT_GT(report.spans, 10U);
  EXPECT_GT(report.snapshots, 5U);
  EXPECT_GT(report.bundles, 5U);
  EXPECT_EQ(evidence_state(directory_ / "kernel"), before);
}

TEST_F(SwingstoreRecordedTest, EveryReplayableVatHasItsSetup) {
  const auto recording = open_sqlite();
  int replayable = 0;
  for (const Subject& subject : recording->subjects()) {
    if (!subject.not_replayable.empty()) continue;
    ++replayable;
    for (const Checkpoint& checkpoint : recording->checkpoints(subject.id)) {
      const recrank::Setup setup = recording->setup(subject.id, checkpoint.next_step);
      EXPECT_TRUE(setup.get(kLockdown) && setup.get(kSupervisor) && setup.get(kVatBundle));
      EXPECT_EQ(setup.label, subject.id + ":" + subject.name);
    }
  }
  EXPECT_GT(replayable, 3);
}

TEST_F(SwingstoreRecordedTest, TheExportTellsTheSameHistory) {
  if (!fs::exists(directory_ / "export-debug")) GTEST_SKIP() << "the recording has no export-debug";
  const auto store = open_sqlite();
  const auto exported = open_swingstore_export(directory_ / "export-debug", "export");
  ASSERT_EQ(store->subjects().size(), exported->subjects().size());
  for (size_t i = 0; i < store->subjects().size(); ++i) {
    const Subject& a = store->subjects()[i];
    const Subject& b = exported->subjects()[i];
    EXPECT_EQ(a.id + a.name + a.manager + a.not_replayable,
              b.id + b.name + b.manager + b.not_replayable);
    EXPECT_EQ(a.state, b.state);
    EXPECT_EQ(a.held, b.held);
    EXPECT_EQ(digest_of(*store, a), digest_of(*exported, b)) << a.id;
    const auto x = store->checkpoints(a.id);
    const auto y = exported->checkpoints(a.id);
    ASSERT_EQ(x.size(), y.size());
    for (size_t n = 0; n < x.size(); ++n) {
      EXPECT_EQ(x[n].label() + x[n].sha256, y[n].label() + y[n].sha256);
      EXPECT_EQ(x[n].size_bytes, y[n].size_bytes);
    }
  }
  EXPECT_TRUE(exported->verify({}).damage.empty());
}

TEST_F(SwingstoreRecordedTest, SmallerExportsHoldLessAndSaySo) {
  for (const char* mode : {"export-operational", "export-replay"}) {
    if (!fs::exists(directory_ / mode)) continue;
    const auto exported = open_swingstore_export(directory_ / mode, mode);
    EXPECT_TRUE(exported->verify({}).damage.empty()) << mode;
    for (const Subject& subject : exported->subjects()) {
      EXPECT_EQ(subject.not_replayable.empty(), !subject.held.empty()) << mode << subject.id;
    }
  }
}

}  // namespace swingstore_recorded_test
}  // namespace recrank::agoric
