// What a swing-store says, read from a database and from an export of the same history. Each test
// runs for both carriers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json_cursor.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/bundle_text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace swingstore_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class Carrier { kSqlite, kExport };

std::vector<std::string> labels(const Recording& recording, const std::string& id) {
  std::vector<std::string> labels;
  for (const Checkpoint& c : recording.checkpoints(id)) {
    labels.push_back(c.label() + (c.available ? "" : " pruned"));
  }
  return labels;
}

std::vector<std::string> texts(const Recording& recording, const std::string& id, StepRange range) {
  std::vector<std::string> texts;
  const auto stream = recording.steps(id, range);
  Step step;
  while (stream->next(step)) {
    EXPECT_EQ(step.number, range.begin + texts.size());
    texts.push_back(step.text);
  }
  return texts;
}

class SwingstoreTest : public ::testing::TestWithParam<Carrier> {
 protected:
  std::unique_ptr<Recording> open() {
    if (GetParam() == Carrier::kSqlite) {
      store_.write_sqlite(scratch_.path() / "swingstore.sqlite");
      return open_swingstore_sqlite(scratch_.path() / "swingstore.sqlite", "store");
    }
    store_.write_export(scratch_.path() / "export");
    return open_swingstore_export(scratch_.path() / "export", "store");
  }

  ScratchDir scratch_;
  SwingstoreFixture store_;
};

INSTANTIATE_TEST_SUITE_P(Carriers, SwingstoreTest,
                         ::testing::Values(Carrier::kSqlite, Carrier::kExport),
                         [](const auto& carrier) {
                           return carrier.param == Carrier::kSqlite ? "Sqlite" : "Export";
                         });

TEST_P(SwingstoreTest, TellsWhatIsInIt) {
  store_.vat("v1", "bootstrap", {.is_static = true}).deliver(3).snapshot().deliver(2);
  store_.vat("v3", "comms", {.is_static = true, .local = true});
  store_.vat("v10", "ledger").deliver(1);
  store_.vat("v9", "gone").deliver(2).terminate();
  const auto recording = open();
  EXPECT_EQ(recording->info().dialect, kXsnap2024);
  EXPECT_EQ(recording->info().path, "store");
  EXPECT_THAT(recording->info().notes, ElementsAre());
  const auto& subjects = recording->subjects();
  ASSERT_EQ(subjects.size(), 4U);
  EXPECT_EQ(subjects[0].id + subjects[0].name, "v1bootstrap");
  EXPECT_EQ(subjects[0].manager, "xsnap");
  EXPECT_THAT(subjects[0].held, ElementsAre(StepRange{0, 9}));
  EXPECT_EQ(subjects[0].not_replayable, "");
  EXPECT_EQ(subjects[1].id, "v3");
  EXPECT_EQ(subjects[1].not_replayable, "a local worker: the kernel keeps no transcript");
  EXPECT_EQ(subjects[2].id, "v9");
  EXPECT_EQ(subjects[2].state, SubjectState::kTerminated);
  EXPECT_THAT(subjects[2].held, ElementsAre(StepRange{0, 4}));
  EXPECT_EQ(subjects[3].id, "v10");
  EXPECT_EQ(subjects[3].state, SubjectState::kAlive);
  EXPECT_THAT(labels(*recording, "v1"), ElementsAre("genesis", "snapshot@6"));
  EXPECT_THAT(recording->info().facts, ::testing::Contains(std::pair<std::string, std::string>(
                                           "kernel.snapshotInterval", "20")));
}

TEST_P(SwingstoreTest, GivesTheStepsAsRecordedFromAnyPlace) {
  store_.vat("v1", "a").deliver(3).snapshot().deliver(20).snapshot().deliver(5);
  const auto recording = open();
  const StepRange all = recording->subjects()[0].held.front();
  for (uint64_t begin = 0; begin <= all.end; ++begin) {
    for (const uint64_t end : {begin, begin + 1, begin + 7, all.end}) {
      if (end > all.end || end < begin) continue;
      const auto found = texts(*recording, "v1", {begin, end});
      ASSERT_EQ(found.size(), end - begin);
      for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], store_.text("v1", begin + i));
    }
  }
}

TEST_P(SwingstoreTest, CutsEachStep) {
  store_.vat("v1", "a").deliver(1, 3).snapshot();
  const auto recording = open();
  const auto stream = recording->steps("v1", {2, 5});
  Step step;
  ASSERT_TRUE(stream->next(step));
  EXPECT_EQ(step.calls.size(), 3U);
  EXPECT_EQ(step.computrons, 1002U);
  ASSERT_TRUE(stream->next(step));
  EXPECT_EQ(step.kind, StepKind::kSaveSnapshot);
  EXPECT_EQ(step.expected_snapshot, sha256_hex(store_.heap("v1", 3)));
  EXPECT_TRUE(step.calls.empty());
  ASSERT_TRUE(stream->next(step));
  EXPECT_EQ(step.kind, StepKind::kLoadSnapshot);
  EXPECT_FALSE(stream->next(step));
  EXPECT_FALSE(stream->next(step));
}

TEST_P(SwingstoreTest, GivesHeaps) {
  store_.vat("v1", "a").deliver(3).snapshot(300'000).deliver(1).snapshot(0);
  const auto recording = open();
  const auto checkpoints = recording->checkpoints("v1");
  ASSERT_EQ(checkpoints.size(), 3U);
  for (size_t i = 1; i < 3; ++i) {
    const std::string& heap = store_.heap("v1", checkpoints[i].next_step - 1);
    EXPECT_EQ(checkpoints[i].size_bytes, heap.size());
    EXPECT_EQ(checkpoints[i].sha256, sha256_hex(heap));
    const UniqueFd fd = recording->open_snapshot("v1", checkpoints[i], SnapshotTrust::kHash);
    std::string found(heap.size() + 1, '\0');
    size_t size = 0;
    while (const size_t got = read_some(fd.get(), found.data() + size, found.size() - size, "")) {
      size += got;
    }
    EXPECT_EQ(found.substr(0, size), heap);
  }
  EXPECT_THROW((void)recording->open_snapshot("v1", checkpoints[0], SnapshotTrust::kHash), Error)
      << "genesis";
}

TEST_P(SwingstoreTest, PutsTheSetupTogether) {
  store_.vat("v6", "ledger", {.metered = true}).deliver(3);
  const auto recording = open();
  const recrank::Setup setup = recording->setup("v6", 4);
  EXPECT_EQ(setup.label, "v6:ledger");
  EXPECT_EQ(setup.get(kLockdown), SwingstoreFixture::lockdown_text());
  EXPECT_THAT(setup.get(kSupervisor).value(), HasSubstr("supervisor"));
  EXPECT_EQ(setup.get(kMeterLimit), "100000000");
  EXPECT_EQ(setup.get(kEnableDisavow), "false");
  EXPECT_EQ(setup.get(kRelaxDurability), "false");
  EXPECT_EQ(setup.get(kVatParameters), std::nullopt);
  const std::string head = R"({"moduleFormat":"endoZipBase64","endoZipBase64Sha512":")" +
                           SwingstoreFixture::bundle_id("v6", 0).substr(3) +
                           R"(","endoZipBase64":"UEsDB)";
  EXPECT_EQ(setup.get(kVatBundle).value().substr(0, head.size()), head);
  EXPECT_TRUE(json_equal(*setup.get(kVatBundle), *setup.get(kVatBundle)));
  EXPECT_EQ(setup.get(kVatBundle)->substr(setup.get(kVatBundle)->size() - 2), "\"}");
}

TEST_P(SwingstoreTest, TellsIncarnationsApart) {
  store_.vat("v6", "ledger").deliver(3).snapshot().deliver(2).upgrade().deliver(3).snapshot();
  const auto recording = open();
  EXPECT_EQ(recording->subjects()[0].incarnations, 2U);
  EXPECT_THAT(labels(*recording, "v6"),
              ElementsAre("genesis", "snapshot@6", "genesis@11", "snapshot@17"));
  EXPECT_EQ(recording->checkpoints("v6")[3].incarnation, 1U);
  const auto id_in = [&](uint64_t step) {
    const std::string bundle = recording->setup("v6", step).get(kVatBundle).value();
    return "b1-" + bundle.substr(bundle.find("Sha512\":\"") + 9, 128);
  };
  for (uint64_t step = 0; step < 11; ++step) {
    EXPECT_EQ(id_in(step), SwingstoreFixture::bundle_id("v6", 0)) << step;
  }
  for (uint64_t step = 11; step < 19; ++step) {
    EXPECT_EQ(id_in(step), SwingstoreFixture::bundle_id("v6", 1)) << step;
  }
}

TEST_P(SwingstoreTest, KnowsWhatWasPruned) {
  store_.vat("v6", "ledger").deliver(3).snapshot().deliver(2).snapshot().deliver(1);
  store_.prune_items(0).prune_heap(5).prune_bundle(SwingstoreFixture::bundle_id("v6", 0));
  const auto recording = open();
  EXPECT_THAT(recording->subjects()[0].held, ElementsAre(StepRange{6, 12}));
  EXPECT_EQ(recording->subjects()[0].not_replayable, "");
  EXPECT_THAT(labels(*recording, "v6"), ElementsAre("snapshot@6 pruned", "snapshot@10"));
  EXPECT_THROW((void)recording->steps("v6", {0, 2}), Error);
  EXPECT_THROW((void)recording->steps("v6", {5, 7}), Error);
  EXPECT_THROW(
      (void)recording->open_snapshot("v6", recording->checkpoints("v6")[0], SnapshotTrust::kHash),
      Error);
  const recrank::Setup setup = recording->setup("v6", 7);
  EXPECT_EQ(setup.get(kVatBundle), std::nullopt);
  EXPECT_EQ(setup.missing.get(kVatBundle), SwingstoreFixture::bundle_id("v6", 0));
  const HashReport report = recording->verify({});
  EXPECT_TRUE(report.damage.empty());
  EXPECT_EQ(report.spans, 2U);
  EXPECT_EQ(report.snapshots, 1U);
  EXPECT_EQ(report.bundles, 2U);
}

TEST_P(SwingstoreTest, SaysWhyNothingCanBeReplayed) {
  store_.vat("v6", "a").deliver(3).snapshot().deliver(2).prune_items(0).prune_heap(5);
  store_.vat("v7", "b").deliver(3).prune_items(0).terminate();
  const auto recording = open();
  EXPECT_THAT(recording->subjects()[0].not_replayable, HasSubstr("neither a heap snapshot"));
  EXPECT_THAT(recording->subjects()[1].not_replayable, HasSubstr("none of its transcript items"));
}

TEST_P(SwingstoreTest, ReadsAVatWhoseKeysWereCleanedUp) {
  store_.vat("v9", "gone").deliver(3).snapshot().deliver(1).terminate();
  store_.drop_kv("v9.options").drop_kv("v9.source").kv("vats.terminated", "[]");
  const auto recording = open();
  ASSERT_EQ(recording->subjects().size(), 1U);
  const Subject& subject = recording->subjects()[0];
  EXPECT_EQ(subject.state, SubjectState::kTerminated);
  EXPECT_EQ(subject.manager, "xsnap");
  EXPECT_EQ(subject.name, "");
  const recrank::Setup setup = recording->setup("v9", 3);
  EXPECT_EQ(setup.label, "v9:");
  EXPECT_TRUE(setup.has(kVatBundle)) << "from the first item";
  EXPECT_EQ(setup.get(kEnableDisavow), std::nullopt);
}

TEST_P(SwingstoreTest, SaysWhichIncarnationHasNoBundle) {
  store_.vat("v6", "a").deliver(1).upgrade().deliver(1).prune_items(0);
  const auto recording = open();
  EXPECT_THAT(recording->setup("v6", 1).missing.get(kVatBundle).value_or(""),
              HasSubstr("incarnation 0"));
  EXPECT_TRUE(recording->setup("v6", 6).has(kVatBundle));
}

TEST_P(SwingstoreTest, CountsWhatItVerified) {
  store_.vat("v6", "a").deliver(3).snapshot().deliver(2).snapshot();
  store_.vat("v7", "b").deliver(1);
  const auto recording = open();
  const HashReport all = recording->verify({});
  EXPECT_TRUE(all.damage.empty());
  EXPECT_EQ(all.spans, 4U);
  EXPECT_EQ(all.snapshots, 2U);
  EXPECT_EQ(all.bundles, 4U);
  const HashReport one = recording->verify({"v7", std::nullopt});
  EXPECT_EQ(one.spans, 1U);
  EXPECT_EQ(one.snapshots, 0U);
  EXPECT_EQ(one.bundles, 3U) << "its own and the two of its worker";
  const HashReport part = recording->verify({.subject_id = "v6", .range = StepRange{6, 8}});
  EXPECT_EQ(part.spans, 1U);
  EXPECT_EQ(part.snapshots, 1U) << "the one that the range begins from";
}

TEST_P(SwingstoreTest, RefusesUnknownVats) {
  store_.vat("v6", "a").deliver(1);
  const auto recording = open();
  EXPECT_THROW((void)recording->steps("v7", {0, 1}), Error);
  EXPECT_THROW((void)recording->checkpoints("v7"), Error);
  EXPECT_THROW((void)recording->setup("", 0), Error);
  EXPECT_THROW((void)recording->verify({"v7", std::nullopt}), Error);
}

TEST_P(SwingstoreTest, SurvivesDamagedKeys) {
  store_.vat("v6", "a").deliver(1);
  store_.kv("v6.options", "{\"name\":").kv("vats.terminated", "7").kv("vat.dynamicIDs", "[\"x\"]");
  const auto recording = open();
  ASSERT_EQ(recording->subjects().size(), 1U);
  EXPECT_EQ(recording->info().notes.size(), 2U);
  EXPECT_THAT(recording->info().notes[0], HasSubstr("vats.terminated"));
  EXPECT_THAT(recording->info().notes[1], HasSubstr("v6.options"));
  EXPECT_EQ(texts(*recording, "v6", {0, 3}).size(), 3U);
  try {
    (void)recording->setup("v6", 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(error.what(), HasSubstr("store: v6: key v6.options: JSON: "));
  }
}

TEST_P(SwingstoreTest, NamesTheStepThatCannotBeRead) {
  store_.vat("v6", "a").deliver(1).item("{\"d\":[]}").deliver(1);
  const auto recording = open();
  const auto stream = recording->steps("v6", {0, 5});
  Step step;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->next(step));
  try {
    (void)stream->next(step);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(error.what(), HasSubstr("store: v6 step 3: "));
  }
  const HashReport report = recording->verify({});
  ASSERT_EQ(report.damage.size(), 1U);
  EXPECT_EQ(report.damage[0].place, "store: v6 span 0..5 item 3");
  EXPECT_EQ(report.damage[0].subject_id, "v6");
}

TEST_P(SwingstoreTest, ServesSeveralThreads) {
  store_.vat("v6", "a").deliver(3).snapshot(100'000).deliver(50).snapshot();
  const auto recording = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(texts(*recording, "v6", {0, 57}).size(), 57U);
        EXPECT_TRUE(
            recording->open_snapshot("v6", recording->checkpoints("v6")[1], SnapshotTrust::kHash)
                .valid());
        EXPECT_TRUE(recording->setup("v6", 5).has(kVatBundle));
        EXPECT_TRUE(recording->verify({}).damage.empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(SwingstoreTest, LeavesTheEvidenceAlone) {
  store_.vat("v6", "a").deliver(3).snapshot().deliver(50).snapshot();
  (void)open();  // writes the files
  const auto before = evidence_state(scratch_.path());
  {
    const auto path = scratch_.path();
    const auto recording = GetParam() == Carrier::kSqlite
                               ? open_swingstore_sqlite(path / "swingstore.sqlite", "store")
                               : open_swingstore_export(path / "export", "store");
    EXPECT_TRUE(recording->verify({}).damage.empty());
    (void)recording->open_snapshot("v6", recording->checkpoints("v6")[1], SnapshotTrust::kHash);
    EXPECT_EQ(evidence_state(path), before) << "while open";
  }
  EXPECT_EQ(evidence_state(scratch_.path()), before);
}

TEST(Base64, MatchesTheTestVectorsOfItsRfc) {
  // RFC 4648, section 10.
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : cases) EXPECT_EQ(encode_base64(plain), coded);
}

}  // namespace swingstore_test
}  // namespace recrank::agoric
