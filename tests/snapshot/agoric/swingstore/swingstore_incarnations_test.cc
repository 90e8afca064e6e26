// Which code an incarnation runs is what its own first item says, whatever number its spans have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_dir.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace swingstore_incarnations_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> labels(const Recording& recording) {
  std::vector<std::string> labels;
  for (const Checkpoint& c : recording.checkpoints("v6")) labels.push_back(c.label());
  return labels;
}

std::string bundle_at(const Recording& recording, uint64_t step) {
  const std::string bundle = recording.setup("v6", step).get(kVatBundle).value_or("");
  const size_t at = bundle.find("Sha512\":\"");
  return at == std::string::npos ? "none" : "b1-" + bundle.substr(at + 9, 128);
}

// v6 has the spans 0..6, 6..11 and, of its second incarnation, 11..17 and 17..19.
class SwingstoreIncarnations : public ::testing::Test {
 protected:
  SwingstoreIncarnations() {
    store_.vat("v6", "ledger").deliver(3).snapshot().deliver(2).upgrade().deliver(3).snapshot();
    store_.deliver(1);
  }
  std::unique_ptr<Recording> open(FixtureSchema schema, const char* sql = "") {
    std::filesystem::remove(path_);
    store_.write_sqlite(path_, schema);
    SqliteDb(path_, "t", SqliteAccess::kScratch).execute(sql);
    return open_swingstore_sqlite(path_, "store");
  }

  ScratchDir scratch_;
  std::filesystem::path path_ = scratch_.path() / "swingstore.sqlite";
  SwingstoreFixture store_;
  const std::string first_ = SwingstoreFixture::bundle_id("v6", 0);
  const std::string second_ = SwingstoreFixture::bundle_id("v6", 1);
};

TEST_F(SwingstoreIncarnations, AreToldApartWithoutANumber) {
  const auto recording = open(FixtureSchema::kNoIncarnation);
  EXPECT_EQ(recording->subjects()[0].incarnations, 2U);
  EXPECT_THAT(labels(*recording),
              ElementsAre("genesis", "snapshot@6", "genesis@11", "snapshot@17"));
  for (uint64_t step = 0; step < 11; ++step) EXPECT_EQ(bundle_at(*recording, step), first_) << step;
  for (uint64_t step = 11; step < 19; ++step) {
    EXPECT_EQ(bundle_at(*recording, step), second_) << step;
  }
}

TEST_F(SwingstoreIncarnations, EachHasItsBundleCheckedWithoutANumber) {
  const auto recording = open(FixtureSchema::kNoIncarnation);
  EXPECT_EQ(recording->verify({"v6", {}}).bundles, 4U) << "lockdown, supervisor and both vats";
  EXPECT_THAT(recording->verify({}).damage, IsEmpty());
}

TEST_F(SwingstoreIncarnations, WhatWasPrunedMayHideOne) {
  store_.prune_items(6);
  const auto recording = open(FixtureSchema::kNoIncarnation);
  EXPECT_EQ(bundle_at(*recording, 3), first_) << "its own first item is there";
  store_.prune_items(0);
  EXPECT_EQ(bundle_at(*open(FixtureSchema::kNoIncarnation), 7), "none");
}

// No hash covers the number: an item says that it is wrong.
TEST_F(SwingstoreIncarnations, AWrongNumberIsDamage) {
  const auto wrong = [&](const char* sql) {
    const HashReport report = open(FixtureSchema::kCurrent, sql)->verify({});
    return report.damage.empty() ? "none" : report.damage[0].place + ": " + report.damage[0].what;
  };
  EXPECT_EQ(wrong(""), "none");
  EXPECT_EQ(wrong("UPDATE transcriptSpans SET incarnation=0 WHERE startPos=11"),
            "store: v6 span 11..17 item 11: begins an incarnation, and the span is numbered as if "
            "it went on with one (0)");
  EXPECT_EQ(wrong("UPDATE transcriptSpans SET incarnation=1 WHERE startPos=6"),
            "store: v6 span 6..11 item 6: goes on with an incarnation, and the span is numbered as "
            "if it began one (1)");
}

TEST_F(SwingstoreIncarnations, NoneBeginsWhereAHeapIsLoaded) {
  const auto recording =
      open(FixtureSchema::kCurrent, "UPDATE transcriptSpans SET incarnation=7 WHERE startPos=6");
  EXPECT_THAT(labels(*recording),
              ElementsAre("genesis", "snapshot@6", "genesis@11", "snapshot@17"));
}

}  // namespace swingstore_incarnations_test
}  // namespace recrank::agoric
