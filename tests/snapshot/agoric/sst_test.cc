#include "snapshot/agoric/sst.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace sst_test {

using testing::HasSubstr;

const std::string kDb2021 =
    R"({"type":"create-vat","transcriptNum":0,"vatID":"v1","dynamic":false,"vatParameters":{"name":"Alice"},"vatSourceBundle":{"source":"\"x\"","moduleFormat":"nestedEvaluate"}})"
    "\n";
const std::string kSlog2021 =
    R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":true,"vatSourceBundle":"{\"source\":\"\\\"x\\\"\"}"})"
    "\n";
const std::string kDb2024 =
    R"({"type":"create-vat","transcriptNum":0,"vatID":"v6","vatName":"ledger","dynamic":true,"bundleIDs":["b0-1","b0-2"],"vatSourceBundleID":"b1-99"})"
    "\n";

std::string step_2021(int number, const std::string& what, const std::string& calls = "") {
  return "{\"transcriptNum\":" + std::to_string(number) + ",\"d\":[\"message\",\"" + what +
         "\"],\"syscalls\":[" + calls + "]}\n";
}

std::string item(int number, const std::string& delivery, const std::string& result = "") {
  return "{\"transcriptNum\":" + std::to_string(number) + ",\"d\":" + delivery +
         ",\"sc\":[],\"r\":{\"status\":\"ok\"" + result + "}}\n";
}

class OpenedSst {
 public:
  explicit OpenedSst(std::string_view text)
      : file_(text, "t.sst"), recording_(open_sst(file_.path(), "t.sst")) {}
  const Recording& operator*() const { return *recording_; }
  const Recording* operator->() const { return recording_.get(); }

 private:
  TextFile file_;
  std::unique_ptr<Recording> recording_;
};

TEST(Sst, OfADatabaseOf2021IsReadFromOne) {
  const OpenedSst sst(kDb2021 +
                      step_2021(1, "a", R"({"d":["get"],"response":"x"},{"d":["miss"]})") +
                      step_2021(2, "b", R"({"d":["send"],"response":null})"));
  EXPECT_EQ(sst->info().dialect, kXsnap2021);
  EXPECT_EQ(story(*sst, "v1"), "1 a(get=\"x\",miss=null) 2 b(send=null)");
  const Subject& subject = sst->subjects().at(0);
  EXPECT_EQ(subject.number_offset, 1U);
  EXPECT_EQ(sst->checkpoints("v1").at(0).next_step, 1U);
  const recrank::Setup setup = sst->setup("v1", 1);
  EXPECT_EQ(setup.get(kVatBundle), R"({"source":"\"x\"","moduleFormat":"nestedEvaluate"})");
  EXPECT_EQ(setup.get(kVatParameters), "{\"name\":\"Alice\"}");
  EXPECT_EQ(setup.get(kMeterLimit), "10000000");
  EXPECT_EQ(setup.label, "v1:undefined");
}

TEST(Sst, DoesNotClaimToKnowHowAStepEnded) {
  const OpenedSst sst(kDb2021 + step_2021(1, "a"));
  Step step;
  ASSERT_TRUE(sst->steps("v1", {1, 2})->next(step));
  EXPECT_FALSE(step.status);
  EXPECT_FALSE(step.computrons);
}

// The steps that are open, in a file whose first line and steps are these.
std::string open_steps(const std::string& text) {
  const OpenedSst sst(text);
  std::string open;
  const StepRange held = sst->subjects().at(0).held.at(0);
  const auto stream = sst->steps(sst->subjects().at(0).id, held);
  Step step;
  while (stream->next(step)) {
    if (step.open_end) open += std::to_string(step.number) + " ";
  }
  const bool noted = notes_of(*sst).find("may end inside step") != std::string::npos;
  EXPECT_EQ(noted, !open.empty()) << text;
  return open;
}

TEST(Sst, OfALogMayEndInsideItsLastStepAndOfADatabaseNot) {
  const std::string bare = step_2021(1, "a", R"({"d":["get"],"response":"x"})") + step_2021(2, "b");
  const std::string whole =
      step_2021(1, "a", R"({"d":["get"],"response":["ok",null]})") + step_2021(2, "b");
  EXPECT_EQ(open_steps(kSlog2021 + bare), "2 ");
  EXPECT_EQ(open_steps(kDb2021 + bare), "");
  EXPECT_EQ(open_steps(kDb2021 + step_2021(1, "a")), "");
  // From 2023 on a log's first line looks like a database's, and its answers tell it.
  EXPECT_EQ(open_steps(kDb2021 + whole), "2 ");
  EXPECT_EQ(open_steps(kSlog2021 + whole), "2 ");
  EXPECT_EQ(open_steps(kDb2024 + item(1, R"(["startVat",{}])") + item(2, R"(["message","a"])")),
            "");
  // Members in another order: nobody can tell.
  const std::string sorted =
      R"({"dynamic":false,"transcriptNum":0,"type":"create-vat","vatID":"v1"})"
      "\n";
  EXPECT_EQ(open_steps(sorted + bare), "2 ");
}

TEST(Sst, WithItsBundleAsTextGivesTheBundle) {
  const OpenedSst sst(kSlog2021 + step_2021(1, "a"));
  EXPECT_EQ(sst->setup("v1", 1).get(kVatBundle), R"({"source":"\"x\""})");
  EXPECT_FALSE(sst->setup("v1", 1).get(kVatParameters));
}

TEST(Sst, OfASwingStoreHasTheItemsOfAnIncarnation) {
  const OpenedSst sst(kDb2024 + item(1, R"(["startVat",{"body":"#{}"}])") +
                      item(2, R"(["message","a"])", R"(,"metering":{"computrons":5})") +
                      item(3, R"(["save-snapshot"])", R"(,"snapshotID":"abcdef")") +
                      item(4, R"(["load-snapshot",{"snapshotID":"abcdef"}])"));
  EXPECT_EQ(sst->info().dialect, kXsnap2024);
  EXPECT_EQ(story(*sst, "v6"), "1 startVat 2 a 3 save:abcd 4 load:abcd");
  const auto checkpoints = sst->checkpoints("v6");
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[1].label(), "snapshot@4");
  EXPECT_FALSE(checkpoints[1].available);
  const recrank::Setup setup = sst->setup("v6", 1);
  EXPECT_FALSE(setup.get(kVatBundle));
  EXPECT_EQ(setup.missing.get(kVatBundle), "b1-99");
  EXPECT_EQ(setup.label, "v6:ledger");
  EXPECT_EQ(sst->subjects().at(0).number_offset, 0U);
  Step step;
  ASSERT_TRUE(sst->steps("v6", {2, 3})->next(step));
  EXPECT_EQ(step.computrons, 5U);
  EXPECT_EQ(step.status, RecordedStatus::kOk);
}

TEST(Sst, OfAnUpgradedVatMayBeginWithAHole) {
  const OpenedSst sst(std::string(70'000, '\0') + kDb2024 + item(1, R"(["startVat",{}])"));
  EXPECT_EQ(story(*sst, "v6"), "1 startVat");
  EXPECT_THAT(notes_of(*sst), HasSubstr("the first 70,000 bytes are zero"));
}

TEST(Sst, OfALogOfTodayHasWholeAnswersAndRecordsBetween) {
  const OpenedSst sst(
      kSlog2021 + step_2021(1, "a", R"({"d":["get"],"response":["ok",null]})") +
      R"({"transcriptNum":1,"type":"heap-snapshot-save","vatID":"v1","snapshotID":"abcdef"})"
      "\n" +
      R"({"type":"create-vat","transcriptNum":1,"vatID":"v1","dynamic":true})"
      "\n" +
      R"({"transcriptNum":2,"d":["message","o+0",{"methargs":{"body":"#[]"}}],"syscalls":[]})"
      "\n");
  EXPECT_EQ(sst->info().dialect, kXsnap2024);
  EXPECT_EQ(story(*sst, "v1"), "1 a(get=null) 2 o+0");
  EXPECT_EQ(sst->checkpoints("v1").at(1).next_step, 2U);
  EXPECT_THAT(notes_of(*sst), HasSubstr("t.sst:4: the vat is created again"));
}

TEST(Sst, MembersMayStandInAnyOrder) {
  const OpenedSst sst(kDb2021 +
                      "{\"syscalls\":[], \"d\":[\"message\",\"a\"], \"transcriptNum\":1}\n");
  EXPECT_EQ(story(*sst, "v1"), "1 a");
}

TEST(Sst, MayLackTheLastLineEnd) {
  std::string text = kDb2021 + step_2021(1, "a");
  text.pop_back();
  const OpenedSst sst(text);
  EXPECT_EQ(story(*sst, "v1"), "1 a");
  EXPECT_EQ(notes_of(*sst), "");
}

TEST(Sst, ThatIsTornEndsInAnErrorNotInAnEnd) {
  const std::string text = kDb2021 + step_2021(1, "a") + step_2021(2, "b");
  for (size_t cut = 2; cut < step_2021(2, "b").size(); ++cut) {
    const OpenedSst sst(text.substr(0, text.size() - cut));
    EXPECT_EQ(story(*sst, "v1"), "1 a 2 <t.sst:3: step 2: torn: the file ends within the line>");
    EXPECT_THAT(notes_of(*sst), HasSubstr("t.sst:3: torn"));
    EXPECT_EQ(sst->verify({}).damage.size(), 1U);
  }
}

TEST(Sst, WithDamageInTheMiddleIsReadAroundIt) {
  std::string text = kDb2021 + step_2021(1, "a") + step_2021(2, "b") + step_2021(3, "c");
  text[text.find("\"transcriptNum\":2") - 1] = 'x';
  const OpenedSst sst(text);
  EXPECT_THAT(story(*sst, "v1"), HasSubstr("1 a 2 <t.sst:3: step 2: "));
  EXPECT_EQ(story(*sst, "v1", {3, 4}), "3 c");
}

TEST(Sst, WithAForeignLineTellsOfItOnce) {
  const OpenedSst sst(kDb2021 + step_2021(1, "a") + "hello\n" + step_2021(2, "b"));
  EXPECT_THAT(story(*sst, "v1"), HasSubstr("2 <t.sst:3: step 2: "));
  EXPECT_THAT(notes_of(*sst), HasSubstr("t.sst:3: not a step"));
}

TEST(Sst, WithAGapHoldsWhatIsThere) {
  const OpenedSst sst(kDb2021 + step_2021(1, "a") + step_2021(5, "b"));
  EXPECT_EQ(story(*sst, "v1"), "1 a | 5 b");
  EXPECT_THAT(notes_of(*sst), HasSubstr("t.sst:3: transcriptNum 5 follows 1"));
  EXPECT_THAT(story(*sst, "v1", {1, 6}), HasSubstr("not all in the file"));
}

TEST(Sst, WhoseNumbersGoBackIsRefusedWithThePlace) {
  for (const int again : {1, 2}) {
    try {
      OpenedSst sst(kDb2021 + step_2021(1, "a") + step_2021(2, "b") + step_2021(again, "c"));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      EXPECT_THAT(error.what(), HasSubstr("t.sst:4: transcriptNum "));
    }
  }
}

TEST(Sst, WithoutACreateVatRecordIsRefused) {
  for (const std::string& text : {std::string(), std::string("\n"), step_2021(1, "a"),
                                  std::string("{\"type\":\"create-vat\",\"vatID\":\"x\"}\n"),
                                  std::string(5000, '\0'), std::string("hello\n")}) {
    EXPECT_THROW(OpenedSst{text}, Error) << text;
  }
}

TEST(Sst, OfManyStepsIsReadFromAnywhere) {
  std::string text = kDb2021;
  for (int i = 1; i <= 1000; ++i) text += step_2021(i, "m" + std::to_string(i));
  const OpenedSst sst(text);
  for (uint64_t at = 1; at <= 1000; at += 13) {
    const std::string n = std::to_string(at);
    EXPECT_EQ(story(*sst, "v1", {at, at + 1}), n + " m" + n);
  }
  EXPECT_EQ(sst->subjects().at(0).held_count(), 1000U);
}

TEST(SstDamage, FlippedAnywhereIsReadOrRefused) {
  const std::string text = kDb2021 + step_2021(1, "a", R"({"d":["get"],"response":"x"})") +
                           step_2021(2, "b") + step_2021(3, "c");
  const TextFile file("");
  size_t tried = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    for (const int bit : {0, 3, 6}) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ++tried;
      file.rewrite(damaged);
      try {
        const auto sst = open_sst(file.path(), "t.sst");
        const std::string& id = sst->subjects().at(0).id;
        static_cast<void>(story(*sst, id));
        static_cast<void>(sst->verify({}));
        static_cast<void>(sst->setup(id, 1));
      } catch (const Error&) {
        continue;
      }
    }
  }
  EXPECT_GE(tried, 500U);
}

TEST(SstRecorded, BankVatHasAllItsSteps) {
  const std::filesystem::path data =
      std::filesystem::path(RECRANK_SOURCE_DIR) / "../shared/data/agoric-2021/bank-vat-3085";
  const std::pair<const char*, size_t> files[] = {{"transcript-v1.orig.sst.gz", 0},
                                                  {"transcript-v1.woulda.sst.gz", 2}};
  for (const auto& [name, last_calls] : files) {
    const std::string text = read_gz(data / name);
    if (text.empty()) GTEST_SKIP() << "skipped: no recorded data";
    const OpenedSst sst(text);
    EXPECT_EQ(sst->subjects().at(0).held, (std::vector<StepRange>{{1, 4311}}));
    const auto stream = sst->steps("v1", {1, 4311});
    Step step;
    uint64_t count = 0;
    while (stream->next(step)) EXPECT_EQ(step.number, ++count);
    EXPECT_EQ(count, 4310U);
    EXPECT_EQ(step.calls.size(), last_calls) << name;
    EXPECT_FALSE(step.status) << "nothing in the file says that this step crashed";
    EXPECT_TRUE(step.open_end) << name;
    EXPECT_EQ(sst->setup("v1", 1).get(kVatBundle).value_or("").size(), 511'053U);
    EXPECT_THAT(notes_of(*sst), HasSubstr("may end inside step 4310"));
  }
}

}  // namespace sst_test
}  // namespace recrank::agoric
