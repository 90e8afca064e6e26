// The end of a history, or a piece of it, is gone: it must be named, and never pass for pruned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_dir.h"
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace swingstore_loss_test {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "6..8 lost: store: v6 span 6..9: why", "0..5: pruned"; without an end "9..".
std::vector<std::string> told(const Subject& subject) {
  std::vector<std::string> lines;
  for (const MissingSteps& each : subject.missing) {
    lines.push_back(std::to_string(each.steps.begin) + ".." +
                    (each.steps.end == kNoEnd ? "" : std::to_string(each.steps.end - 1)) +
                    (each.lost() ? " lost: " + each.damaged_place : "") + ": " + each.why);
  }
  return lines;
}

// v6 has the spans 0..6, 6..10 and, current, 10..13.
class SwingstoreLoss : public ::testing::Test {
 protected:
  SwingstoreLoss() {
    store_.vat("v6", "ledger").deliver(3).snapshot().deliver(2).snapshot().deliver(2);
    store_.vat("v7", "other").deliver(1);
    store_.write_sqlite(path_);
  }

  std::unique_ptr<Recording> after(const char* sql) {
    SqliteDb(path_, "t", SqliteAccess::kScratch).execute(sql);
    return open_swingstore_sqlite(path_, "store");
  }
  std::vector<std::string> told_after(const char* sql) {
    return told(find_subject(*after(sql), "v6"));
  }

  ScratchDir scratch_;
  fs::path path_ = scratch_.path() / "swingstore.sqlite";
  SwingstoreFixture store_;
};

TEST_F(SwingstoreLoss, NothingIsLostOfAWholeStore) { EXPECT_THAT(told_after(""), IsEmpty()); }

TEST_F(SwingstoreLoss, TheLastItemOfTheCurrentSpan) {
  EXPECT_THAT(told_after("DELETE FROM transcriptItems WHERE vatID='v6' AND position=12"),
              ElementsAre("10..12 lost: store: v6 span 10..13: its last item is missing"));
}

TEST_F(SwingstoreLoss, OneBitMoreInTheEndOfTheCurrentSpan) {
  EXPECT_THAT(
      told_after("UPDATE transcriptSpans SET endPos=endPos+1 WHERE vatID='v6' AND isCurrent"),
      ElementsAre("10..13 lost: store: v6 span 10..14: its last item is missing"));
}

TEST_F(SwingstoreLoss, OneBitLessInTheEndOfTheCurrentSpan) {
  EXPECT_THAT(
      told_after("UPDATE transcriptSpans SET endPos=endPos-1 WHERE vatID='v6' AND isCurrent"),
      ElementsAre("12..12 lost: store: v6 items 12..12: belong to no span"));
}

TEST_F(SwingstoreLoss, TheFirstItemOfASpan) {
  EXPECT_THAT(told_after("DELETE FROM transcriptItems WHERE vatID='v6' AND position=0"),
              ElementsAre("0..5 lost: store: v6 span 0..6: its first item is missing"));
}

TEST_F(SwingstoreLoss, BothEndsOfASpan) {
  EXPECT_THAT(
      told_after("DELETE FROM transcriptItems WHERE vatID='v6' AND position IN (6,9)"),
      ElementsAre("6..9 lost: store: v6 span 6..10: its first and its last item are missing"));
}

TEST_F(SwingstoreLoss, AllItemsOfTheCurrentSpan) {
  EXPECT_THAT(
      told_after("DELETE FROM transcriptItems WHERE vatID='v6' AND position>=10"),
      ElementsAre("10..12 lost: store: v6 span 10..13: none of its items is there, and it is "
                  "the current one"));
}

TEST_F(SwingstoreLoss, TheRowOfTheCurrentSpan) {
  EXPECT_THAT(told_after("DELETE FROM transcriptSpans WHERE vatID='v6' AND isCurrent"),
              ElementsAre("10..12 lost: store: v6 items 10..12: belong to no span",
                          "10.. lost: store: v6: it has no current span, as a vat that lives has"));
}

TEST_F(SwingstoreLoss, TheRowOfASpanBetween) {
  EXPECT_THAT(told_after("DELETE FROM transcriptSpans WHERE vatID='v6' AND startPos=6"),
              ElementsAre("6..9 lost: store: v6 span 6..10: its row is missing"));
}

TEST_F(SwingstoreLoss, TheRowOfTheFirstSpan) {
  EXPECT_THAT(told_after("DELETE FROM transcriptSpans WHERE vatID='v6' AND startPos=0"),
              ElementsAre("0..5 lost: store: v6 span 0..6: its row is missing"));
}

TEST_F(SwingstoreLoss, TheMarkOfTheCurrentSpan) {
  EXPECT_THAT(told_after("UPDATE transcriptSpans SET isCurrent=NULL WHERE vatID='v6'"),
              ElementsAre("13.. lost: store: v6: it has no current span, as a vat that lives has"));
}

TEST_F(SwingstoreLoss, AllRowsOfAVatThatLives) {
  const auto recording = after(
      "DELETE FROM transcriptSpans WHERE vatID='v6'; DELETE FROM transcriptItems WHERE vatID='v6'");
  const Subject& vat = find_subject(*recording, "v6");
  EXPECT_THAT(told(vat),
              ElementsAre("0.. lost: store: v6: it has no current span, as a vat that lives has"));
  EXPECT_THAT(vat.not_replayable, HasSubstr("the evidence is damaged: store: v6"));
}

TEST_F(SwingstoreLoss, ASpanBehindTheCurrentOne) {
  EXPECT_THAT(
      told_after("UPDATE transcriptSpans SET vatID='v6', startPos=20, endPos=23, "
                 "isCurrent=NULL WHERE vatID='v7'"),
      ElementsAre("13..19 lost: store: v6 span 13..20: its row is missing",
                  "20.. lost: store: v6 span 20..23: follows the span that is marked as the "
                  "current one",
                  "20..22: pruned"));
}

TEST_F(SwingstoreLoss, ItemsOfAVatWithoutAnySpan) {
  const auto recording = after(
      "DELETE FROM transcriptSpans WHERE vatID='v7';"
      "UPDATE kvStore SET value='[\"v6\"]' WHERE key='vat.dynamicIDs'");
  EXPECT_THAT(told(find_subject(*recording, "v7")),
              ElementsAre("0..2 lost: store: v7 items 0..2: belong to no span"));
}

TEST_F(SwingstoreLoss, IsDamageToWhoVerifies) {
  const auto recording = after("DELETE FROM transcriptItems WHERE vatID='v6' AND position=12");
  const HashReport report = recording->verify({});
  ASSERT_EQ(report.damage.size(), 1U);
  EXPECT_EQ(report.damage[0].place, "store: v6 span 10..13");
  EXPECT_EQ(report.damage[0].what, "its last item is missing");
  EXPECT_EQ(report.damage[0].subject_id, "v6");
  EXPECT_THAT(recording->verify({"v6", StepRange{0, 10}}).damage, IsEmpty());
  EXPECT_THAT(recording->verify({"v6", StepRange{9, 11}}).damage, ::testing::SizeIs(1));
}

TEST_F(SwingstoreLoss, ClosedSpansThatArePrunedAreNoDamage) {
  const auto recording =
      after("DELETE FROM transcriptItems WHERE vatID='v6' AND position BETWEEN 6 AND 9");
  EXPECT_THAT(told(find_subject(*recording, "v6")), ElementsAre("6..9: pruned"));
  EXPECT_THAT(recording->verify({}).damage, IsEmpty());
}

// The kernel cleans up after a vat from the newest span to the oldest.
TEST_F(SwingstoreLoss, ATerminatedVatMayHaveLostItsEnd) {
  const auto recording = after(
      "UPDATE kvStore SET value='[\"v6\"]' WHERE key='vats.terminated';"
      "UPDATE kvStore SET value='[\"v7\"]' WHERE key='vat.dynamicIDs';"
      "DELETE FROM transcriptSpans WHERE vatID='v6' AND startPos>0;"
      "DELETE FROM transcriptItems WHERE vatID='v6' AND position>=6");
  EXPECT_THAT(told(find_subject(*recording, "v6")), IsEmpty());
}

TEST_F(SwingstoreLoss, OfAVatThatMayLiveAsTheListsCannotBeRead) {
  EXPECT_THAT(told_after("UPDATE kvStore SET value='[' WHERE key='vat.dynamicIDs';"
                         "UPDATE transcriptSpans SET isCurrent=NULL WHERE vatID='v6'"),
              ElementsAre(HasSubstr("it has no current span")));
}

TEST_F(SwingstoreLoss, TheBytesOfTheHeapInUse) {
  const auto recording =
      after("UPDATE snapshots SET compressedSnapshot=NULL WHERE vatID='v6' AND inUse");
  const HashReport report = recording->verify({});
  ASSERT_EQ(report.damage.size(), 1U);
  EXPECT_EQ(report.damage[0].place, "store: v6 snapshot at 9");
  EXPECT_EQ(report.damage[0].what, "is in use, and its bytes are missing");
}

// The item and the chain of its span are whole, so that only their meaning shows it.
TEST_F(SwingstoreLoss, ALoadOfAnotherHeapThanWasSaved) {
  const std::string other(64, 'a');
  SwingstoreFixture twisted;
  twisted.vat("v6", "ledger").deliver(1).snapshot_loaded_as(other).deliver(1);
  twisted.write_sqlite(scratch_.path() / "twisted.sqlite");
  const HashReport report =
      open_swingstore_sqlite(scratch_.path() / "twisted.sqlite", "store")->verify({});
  ASSERT_EQ(report.damage.size(), 1U);
  EXPECT_EQ(report.damage[0].place, "store: v6 span 4..6 item 4");
  EXPECT_THAT(report.damage[0].what, HasSubstr("loads the heap " + other));
}

class ExportLoss : public ::testing::Test {
 protected:
  ExportLoss() {
    store_.vat("v6", "ledger").deliver(3).snapshot().deliver(2);
    store_.write_export(directory_);
  }
  std::vector<std::string> told_now() {
    return told(find_subject(*open_swingstore_export(directory_, "export"), "v6"));
  }
  void replace(const char* file, const std::string& from, const std::string& to) {
    std::string text = read_file(directory_ / file);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file(directory_ / file, text.replace(at, from.size(), to));
  }

  ScratchDir scratch_;
  fs::path directory_ = scratch_.path() / "export";
  SwingstoreFixture store_;
};

TEST_F(ExportLoss, AnArtifactThatTheManifestListsIsLost) {
  fs::remove(directory_ / "transcript.v6.0.6");
  EXPECT_THAT(told_now(), ElementsAre("0..5 lost: export: v6 span 0..6: the manifest lists its "
                                      "artifact, which is not there"));
}

TEST_F(ExportLoss, ACurrentSpanIsInEveryExportThatHasItems) {
  replace("export-manifest.json", R"(,["transcript.v6.6.9","transcript.v6.6.9"])", "");
  EXPECT_THAT(told_now(),
              ElementsAre("6..8 lost: export: v6 span 6..9: none of its items is there, and it is "
                          "the current one"));
  replace("export-manifest.json", R"("artifactMode":"debug")", R"("artifactMode":"none")");
  EXPECT_THAT(told_now(), ElementsAre("6..8: the export was made without items"));
}

TEST_F(ExportLoss, AnArtifactWithoutARecordIsHistoryToo) {
  replace("export-data.jsonl", R"(["transcript.v6.current")", R"(["lost.v6.current")");
  EXPECT_THAT(told_now(),
              ElementsAre("6..8 lost: export: v6 items 6..8: belong to no span",
                          "6.. lost: export: v6: it has no current span, as a vat that lives has"));
}

TEST_F(ExportLoss, WhatAnOperationalExportLeavesOutIsPruned) {
  replace("export-manifest.json", R"(["transcript.v6.0.6","transcript.v6.0.6"],)", "");
  EXPECT_THAT(told_now(), ElementsAre("0..5: pruned"));
}

}  // namespace swingstore_loss_test
}  // namespace recrank::agoric
