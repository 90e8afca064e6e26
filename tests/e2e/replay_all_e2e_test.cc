// `recrank replay --all` over a whole node and a stand-in for a worker: one table of all vats, and
// what the log beside the database tells of those that died.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/scratch_dir.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/slog_fixture.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace replay_all_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Ran;
using testing_support::run_recrank;

// Does what SwingstoreFixture records: positions 2 to 4, then behind a heap 7 to 10, then 13.
const char* const kWorker =
    R"({"calls":[["vatstoreGet","idCounters"]],"computrons":5000}
{"calls":[["vatstoreGet","key0"]],"computrons":1002}
{"calls":[["vatstoreGet","key0"]],"computrons":1003}
{"calls":[["vatstoreGet","key0"]],"computrons":1004}
{"calls":[["vatstoreGet","key0"]],"computrons":1007}
{"calls":[["vatstoreGet","key0"]],"computrons":1008}
{"calls":[["vatstoreGet","key0"]],"computrons":1009}
{"calls":[["vatstoreGet","key0"]],"computrons":1010}
{"calls":[["vatstoreGet","key0"]],"computrons":1013}
{"on":"delivery","has":"stray","calls":[["vatstoreDelete","nobody did"]]}
{"on":"delivery","has":"explode","do":[{"signal":11}]}
)";

// A message to the vat, at position 4.
std::string message(const std::string& word) {
  return R"({"d":["message","o+0",{"methargs":{"body":"#[\")" + word +
         R"(\",[]]","slots":[]},"result":"p-6"}],"sc":[{"s":["vatstoreGet","key0"],"r":["ok","v"]}],)"
         R"("r":{"status":"ok","metering":{"computrons":1004}}})";
}

constexpr size_t kMiB = 1 << 20;

class ReplayAll : public testing::Test {
 protected:
  ReplayAll() {
    fs::create_directories(node_ / "data");
    SwingstoreFixture store;
    store.vat("v10", "grower").deliver(3).snapshot(kMiB).deliver(4).snapshot(3 * kMiB).deliver(1);
    store.vat("v1", "comms", {.local = true});
    store.vat("v2", "dave").deliver(2).item(message("stray"));
    store.vat("v3", "bob").deliver(2).item(message("explode"));
    store.vat("v4", "carol").deliver(2).terminate();
    store.write_sqlite(node_ / "data/swingstore.sqlite");
  }
  // The log in which carol dies of her meter, and a vat that the database has forgotten by
  // another's hand.
  void write_slog(const std::string& carol = "carol") const {
    SlogText log(SlogText::kOf2024);
    log.process().create("v4", carol).create("v8", "shortlived").start_vat("v4").start_vat("v8");
    log.block(1009).deliver("v4", "a").deliver("v8", "a");
    log.block(1010).fail("v4", "spin", "Compute meter exceeded").terminate("v4");
    log.block(1011)
        .deliver("v8", "end")
        .terminate("v8", R"({"body":"#\"had enough\"","slots":[]})");
    std::ofstream(node_ / "chain.slog") << log.text;
  }
  [[nodiscard]] Ran replay(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"replay",
                                   node_.string(),
                                   "--all",
                                   "--engine",
                                   worker_.path().string(),
                                   "--compare",
                                   "syscalls,result,computrons"};
    words.insert(words.end(), more.begin(), more.end());
    return run_recrank(words);
  }
  [[nodiscard]] json report(int status) const {
    const Ran ran = replay({"--json", "-"});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }
  // The line of the table that begins with this id; empty: there is none.
  static std::string row(const std::string& out, const std::string& id) {
    std::smatch found;
    const std::regex line("(?:^|\n)(" + id + " [^\n]*)");
    return std::regex_search(out, found, line) ? found[1].str() : "";
  }

  ScratchDir scratch_;
  const fs::path node_ = scratch_.path() / "node";
  const FakeWorkerHome worker_{kWorker};
};

TEST_F(ReplayAll, OneTableHoldsEveryVatInTheOrderOfTheNumbers) {
  const Ran ran = replay();
  EXPECT_EQ(ran.status, 2) << ran.out << ran.err;
  const std::string order =
      R"(\nvat +name +steps +verdict +steps/s +slowest step +heap saved +memory\n)"
      R"(v1 [^\n]*\nv2 [^\n]*\nv3 [^\n]*\nv4 [^\n]*\nv10 [^\n]*\n)";
  EXPECT_TRUE(std::regex_search(ran.out, std::regex(order))) << ran.out;
}

TEST_F(ReplayAll, ARowShowsVerdictRateSlowestStepAndGrowth) {
  const std::string out = replay().out;
  const auto matches = [&](const std::string& id, const std::string& cells) {
    const std::string line = row(out, id);
    return std::regex_match(line, std::regex(id + " +" + cells)) ? "" : line + "\n" + out;
  };
  EXPECT_EQ(
      matches(
          "v10",
          R"(grower +14 +clean +\d+ +\d+: \d+\.\d{3} s +1\.0 -> 3\.0 MiB +[\d.]+ (-> [\d.]+ )?MiB)"),
      "");
  EXPECT_EQ(matches("v1", R"(comms +- +not replayed +- +- +- +-)"), "");
  EXPECT_EQ(
      matches("v2",
              R"(dave +4 +diverged at 4 +\d+ +\d+: \d+\.\d{3} s +- +[\d.]+ (-> [\d.]+ )?MiB)"),
      "");
  EXPECT_EQ(
      matches("v3", R"(bob +4 +crashed at 4 +\d+ +\d+: \d+\.\d{3} s +- +[\d.]+ (-> [\d.]+ )?MiB)"),
      "");
  EXPECT_EQ(matches("v4", R"(carol +4 +clean +\d+ +\d+: \d+\.\d{3} s +- +[\d.]+ (-> [\d.]+ )?MiB)"),
            "");
}

TEST_F(ReplayAll, FindingsFollowTheTableAndTheSumClosesIt) {
  const std::string out = replay().out;
  const size_t table = out.find("\nvat ");
  const size_t dave = out.find("\nv2 dave  steps 0..");
  const size_t bob = out.find("\nv3 bob  steps 0..");
  ASSERT_NE(dave, std::string::npos) << out;
  ASSERT_NE(bob, std::string::npos) << out;
  EXPECT_LT(table, dave);
  EXPECT_THAT(out, HasSubstr("diverged at step 4, syscall extra, call 1\n"));
  EXPECT_THAT(out, HasSubstr("crashed at step 4: SIGSEGV"));
  EXPECT_EQ(out.find("\nv10 grower  steps"), std::string::npos) << "a clean vat needs no details";
  EXPECT_THAT(out, HasSubstr("in all: 2 clean, 1 diverged, 1 crashed, 1 not replayed; "));
}

TEST_F(ReplayAll, TheReportHoldsTheFiguresOfEachVat) {
  const json found = report(2);
  EXPECT_EQ(found.at("verdict").at("kind"), "crashed");
  std::map<std::string, json> by_id;
  for (const json& each : found.at("subjects")) by_id[each.at("subject").at("id")] = each;
  ASSERT_EQ(by_id.size(), 4U);
  EXPECT_EQ(by_id.at("v2").at("verdict").at("field"), "syscall extra");
  EXPECT_EQ(by_id.at("v3").at("verdict").at("signal"), "SIGSEGV");
  EXPECT_EQ(by_id.at("v10").at("recorded_heaps"), json({{"snapshots", 2},
                                                        {"first_bytes", kMiB},
                                                        {"first_step", 5},
                                                        {"last_bytes", 3 * kMiB},
                                                        {"last_step", 11}}));
  EXPECT_FALSE(by_id.at("v4").contains("recorded_heaps"));
  const json& cost = by_id.at("v10").at("cost");
  EXPECT_GT(cost.at("steps_per_s").get<double>(), 0);
  EXPECT_GT(cost.at("rss_bytes").at("first").get<uint64_t>(), 0U);
  const uint64_t slowest = cost.at("slowest_step").at("step").get<uint64_t>();
  EXPECT_TRUE(slowest > 0 && slowest < 14) << slowest;
  EXPECT_TRUE(slowest != 5 && slowest != 6 && slowest != 11 && slowest != 12)
      << "a mark: " << slowest;
  EXPECT_EQ(found.at("not_replayed").at(0).at("id"), "v1");
}

TEST_F(ReplayAll, WhatKilledAVatIsToldFromTheLogBeside) {
  write_slog();
  const std::string out = replay().out;
  EXPECT_THAT(
      out,
      HasSubstr(
          "vats that died, and steps that failed:\n"
          "  v4 carol  died in step 3, crank 5, block 1010: Compute meter exceeded  (chain.slog)\n"
          "  v8 shortlived  died in step 3, crank 6, block 1011: had enough  (chain.slog)\n"));
  const json ended = report(2).at("ended");
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended.at(0), json({{"id", "v4"},
                               {"name", "carol"},
                               {"ended", true},
                               {"step", 3},
                               {"crank", 5},
                               {"block", 1010},
                               {"cause", "Compute meter exceeded"},
                               {"told_by", "chain.slog"}}));
}

TEST_F(ReplayAll, WithoutALogTheTerminatedVatIsNamedWithoutACause) {
  const std::string out = replay().out;
  EXPECT_THAT(out,
              HasSubstr("  v4 carol  terminated; only a slog says why, and none lies beside it\n"));
  EXPECT_FALSE(report(2).contains("ended"));
}

TEST_F(ReplayAll, ALogOfAnotherChainTellsNothing) {
  write_slog("somebody else");
  const Ran ran = replay();
  EXPECT_THAT(ran.err, HasSubstr("note: chain.slog is left out: it names v4 otherwise"));
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("v4 carol  terminated; only a slog"), Not(HasSubstr("meter"))));
}

TEST_F(ReplayAll, OneVatAloneHasNoTable) {
  write_slog();
  const Ran ran = run_recrank({"replay", node_.string(), "--vat", "carol", "--engine",
                               worker_.path().string(), "--compare", "syscalls,result,computrons"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(Not(HasSubstr("slowest step")), Not(HasSubstr("vats that died"))));
}

// Of carol the database holds steps 0 to 3; in the log she dies one step later.
TEST_F(ReplayAll, OneVatAloneIsToldWhatALogBesideHoldsBehindTheDatabase) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v4", "carol").start_vat("v4").deliver("v4", "a").deliver("v4", "b");
  log.fail("v4", "spin", "Compute meter exceeded").terminate("v4");
  std::ofstream(node_ / "chain.slog") << log.text;
  const std::vector<std::string> words{
      "replay",   node_.string(),          "--vat",     "carol",
      "--engine", worker_.path().string(), "--compare", "syscalls,result,computrons"};
  const Ran ran = run_recrank(words);
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  const std::string log_path = (node_ / "chain.slog").string();
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("  v4 carol  died in step 4, crank 4: Compute meter exceeded "
                              " (chain.slog)\n"),
                    HasSubstr("  v4  chain.slog goes on: steps 4..4 of it are not in this "
                              "recording (recrank replay " +
                              log_path + " --vat v4)\n")));
  std::vector<std::string> as_json = words;
  as_json.insert(as_json.end(), {"--json", "-"});
  const json found = json::parse(run_recrank(as_json).out);
  EXPECT_EQ(found.at("ended").at(0).at("step"), 4);
  EXPECT_EQ(found.at("goes_on").at(0).at("from"), 4);
  const Ran shrunk =
      run_recrank({"shrink", node_.string(), "--vat", "carol", "--engine", worker_.path().string(),
                   "-o", (scratch_.path() / "x.crank").string()});
  EXPECT_EQ(shrunk.status, 125) << shrunk.out << shrunk.err;
  EXPECT_THAT(shrunk.out, HasSubstr("  v4  chain.slog goes on: steps 4..4"));
}

TEST_F(ReplayAll, AVatOfWhichAllIsLostKeepsTheWholeFromBeingClean) {
  SwingstoreFixture store;
  store.vat("v10", "grower").deliver(3).snapshot(kMiB).deliver(4).snapshot(3 * kMiB).deliver(1);
  store.vat("v11", "other").deliver(1);
  fs::remove(node_ / "data/swingstore.sqlite");
  store.write_sqlite(node_ / "data/swingstore.sqlite");
  EXPECT_EQ(replay().status, 0);
  SqliteDb(node_ / "data/swingstore.sqlite", "t", SqliteAccess::kScratch)
      .execute(
          "DELETE FROM transcriptSpans WHERE vatID='v11';"
          "DELETE FROM transcriptItems WHERE vatID='v11'");
  const json found = report(125);
  EXPECT_EQ(found.at("verdict").at("kind"), "unjudged");
  EXPECT_EQ(found.at("subjects").at(0).at("verdict").at("kind"), "clean");
  EXPECT_THAT(found.at("subjects").at(1).at("verdict").at("reason").get<std::string>(),
              HasSubstr("swingstore.sqlite: v11: it has no current span"));
  EXPECT_EQ(run_recrank({"inspect", node_.string()}).status, 125);
}

TEST_F(ReplayAll, WhatWasPrunedAndWhatLiesBeforeItIsSaidToBeNotCovered) {
  SqliteDb(node_ / "data/swingstore.sqlite", "t", SqliteAccess::kScratch)
      .execute("DELETE FROM transcriptItems WHERE vatID='v10' AND position BETWEEN 6 AND 11");
  const std::vector<std::string> words{
      "replay",   node_.string(),          "--vat",     "v10",
      "--engine", worker_.path().string(), "--compare", "syscalls,result,computrons"};
  EXPECT_THAT(run_recrank(words).out,
              AllOf(HasSubstr("steps 12..13 from snapshot@12"),
                    HasSubstr("  not covered: steps 0..5 (held: --to 5 replays them), 6..11 "
                              "(pruned)\n")));
  EXPECT_THAT(replay().out, HasSubstr("  not covered: steps 0..5 (held"));
  std::vector<std::string> as_json = words;
  as_json.insert(as_json.end(), {"--json", "-"});
  const json found = json::parse(run_recrank(as_json).out);
  EXPECT_EQ(found.at("not_covered"),
            json::parse(R"([{"from":0,"to":5,"why":"held","replay_with":"--to 5"},)"
                        R"({"from":6,"to":11,"why":"pruned"}])"));
}

TEST_F(ReplayAll, SideBySideOrOneAfterTheOtherOnlyTheCostsDiffer) {
  write_slog();
  const auto without_costs = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--json", "-"});
    json found = json::parse(replay(more).out);
    found.erase("cost");
    for (json& each : found.at("subjects")) {
      each.erase("cost");
      each.erase("telemetry");
      each.at("verdict").erase("detail");
    }
    return found;
  };
  EXPECT_EQ(without_costs({}), without_costs({"--jobs", "1"}));
}

}  // namespace replay_all_e2e_test
}  // namespace recrank
