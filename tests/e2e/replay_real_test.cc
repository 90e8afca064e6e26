// The main job on a real kernel, recorded with real workers, replayed on the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/harness/tiny_kernel_test.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace replay_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::kKernel;
using testing_support::kTiny;
using testing_support::Ran;
using testing_support::report_of;
using testing_support::run_program;
using testing_support::run_recrank;

class RealKernel : public testing_support::TinyKernelTest {
 protected:
  // A copy of the kernel whose recording disagrees with its engine in one known way.
  static json plant(const std::string& change, const fs::path& to) {
    const Ran ran =
        run_program({RECRANK_SOURCE_DIR "/third_party/run-node",
                     RECRANK_SOURCE_DIR "/third_party/recorder/plant.mjs", kKernel.string(),
                     to.string(), "--vat", "ledger", "--position", "auto", "--change", change});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return json::parse(ran.out);
  }
};

TEST_F(RealKernel, EveryVatReplaysCleanAndEvidenceStaysAsItWas) {
  const auto before = evidence_state(kTiny);
  const json report = report_of({"replay", kKernel.string(), "--all"}, 0);
  EXPECT_EQ(report.at("verdict").at("kind"), "clean");
  EXPECT_GE(report.at("subjects").size(), 8U);
  for (const json& subject : report.at("subjects")) {
    EXPECT_EQ(subject.at("verdict").at("kind"), "clean") << subject.dump();
    EXPECT_GT(subject.at("compared").at("results").get<int>(), 0) << subject.dump();
    EXPECT_EQ(subject.at("compared").at("left_out"), json::array());
  }
  EXPECT_EQ(evidence_state(kTiny), before);
}

TEST_F(RealKernel, ALocalWorkerIsListedAndChangesNoExitStatus) {
  const json report = report_of({"replay", kKernel.string(), "--all"}, 0);
  ASSERT_EQ(report.at("not_replayed").size(), 1U);
  EXPECT_EQ(report.at("not_replayed")[0].at("name"), "comms");
}

TEST_F(RealKernel, ReportsOfEqualRunsAreEqualButForTheirCost) {
  auto first = report_of({"replay", kKernel.string(), "--all"}, 0);
  auto second = report_of({"replay", kKernel.string(), "--all"}, 0);
  for (json* report : {&first, &second}) {
    report->erase("cost");
    for (json& subject : report->at("subjects")) subject.erase("cost");
  }
  EXPECT_EQ(first, second);
}

TEST_F(RealKernel, ReplayBeginsAtTheNearestCheckpoint) {
  const json report = report_of({"replay", kKernel.string(), "--vat", "ledger", "--from", "30"}, 0);
  EXPECT_EQ(report.at("range").at("from"), 27);
  EXPECT_EQ(report.at("range").at("checkpoint"), "snapshot@27");
  const json whole = report_of(
      {"replay", kKernel.string(), "--vat", "ledger", "--from", "30", "--from-genesis"}, 0);
  EXPECT_EQ(whole.at("range").at("checkpoint"), "genesis");
}

TEST_F(RealKernel, SpansSideBySideFindTheSame) {
  const json one = report_of({"replay", kKernel.string(), "--vat", "bootstrap"}, 0);
  const json two = report_of({"replay", kKernel.string(), "--vat", "bootstrap", "--jobs", "2"}, 0);
  EXPECT_GT(two.at("range").at("parts").size(), 1U);
  EXPECT_EQ(one.at("compared"), two.at("compared"));
}

TEST_F(RealKernel, AnUpgradedVatIsReplayedThroughBothIncarnations) {
  const json report = report_of({"replay", kKernel.string(), "--vat", "upgraded"}, 0);
  EXPECT_EQ(report.at("range").at("from"), 0);
  EXPECT_EQ(report.at("range").at("checkpoint"), "genesis");
}

TEST_F(RealKernel, ARecordedMeterFaultIsMetAgain) {
  const json report = report_of({"replay", (kTiny / "chain.slog").string(), "--vat", "spinner"}, 3);
  EXPECT_EQ(report.at("verdict").at("kind"), "limit");
  EXPECT_EQ(report.at("verdict").at("limit"), "computrons");
  EXPECT_EQ(report.at("verdict").at("as_recorded"), true);
}

TEST_F(RealKernel, ALogLacksTheCodeOfALaterIncarnationAndTakesItFromAnExport) {
  const std::string slog = (kTiny / "chain.slog").string();
  const json lacking = report_of({"replay", slog, "--vat", "upgraded"}, 125);
  const std::string reason = lacking.at("verdict").at("reason");
  EXPECT_THAT(reason, HasSubstr("--vat-bundle"));
  const std::string id = reason.substr(reason.find("b1-"), 3 + 128);
  const std::string file = (kTiny / "export-operational" / ("bundle." + id)).string();
  report_of({"replay", slog, "--vat", "upgraded", "--vat-bundle", file}, 0);
}

TEST_F(RealKernel, ALowerMeterStopsAStepThatTheRecordingFinished) {
  const json report =
      report_of({"replay", kKernel.string(), "--vat", "ledger", "--meter-limit", "100000"}, 3);
  EXPECT_EQ(report.at("verdict").at("limit"), "computrons");
  EXPECT_FALSE(report.at("verdict").contains("as_recorded"));
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--meter-limit 100000"));
}

TEST_F(RealKernel, TooLittleMemoryIsACrashOfTheEngine) {
  const json report =
      report_of({"replay", kKernel.string(), "--vat", "ledger", "--memory-limit", "1000MB"}, 2);
  EXPECT_EQ(report.at("verdict").at("signal"), "SIGSEGV");
}

TEST_F(RealKernel, TheUnoptimisedEngineDivergesInComputronsOnly) {
  const json report = report_of(
      {"replay", kKernel.string(), "--vat", "ledger", "--engine", "xsnap-0.15.0-debug"}, 1);
  EXPECT_EQ(report.at("verdict").at("field"), "computrons");
  const json narrowed = report_of({"replay", kKernel.string(), "--vat", "ledger", "--engine",
                                   "xsnap-0.15.0-debug", "--compare", "syscalls,result,snapshots"},
                                  0);
  EXPECT_EQ(narrowed.at("compared").at("left_out"), json::array({"computrons"}));
  EXPECT_EQ(narrowed.at("compared").at("computrons"), 0);
}

TEST_F(RealKernel, ARepeatedReplaySaysHowManyRunsAgree) {
  const json report = report_of({"replay", kKernel.string(), "--vat", "timer", "--repeat", "3"}, 0);
  EXPECT_EQ(report.at("repeat").at("runs"), 3);
  EXPECT_EQ(report.at("repeat").at("agreed"), 3);
  EXPECT_LT(report.at("repeat").at("interval_95")[0].get<double>(), 0.5);
}

TEST_F(RealKernel, ExportsAndDatabaseAndLogTellTheSameStory) {
  for (const char* other : {"export-debug", "export-replay", "export-operational", "chain.slog"}) {
    const json report = report_of({"compare", kKernel.string(), (kTiny / other).string()}, 0);
    EXPECT_EQ(report.at("verdict").at("kind"), "clean") << other;
  }
}

TEST_F(RealKernel, AnOperationalExportReplaysFromItsOnlyCheckpoint) {
  const json report =
      report_of({"replay", (kTiny / "export-operational").string(), "--vat", "ledger"}, 0);
  EXPECT_THAT(report.at("range").at("checkpoint").get<std::string>(),
              testing::StartsWith("snapshot@"));
}

TEST_F(RealKernel, InspectChecksEveryStoredHash) {
  const json report = report_of({"inspect", kKernel.string(), "--verify"}, 0);
  EXPECT_GT(report.at("hashes").at("spans").get<int>(), 10);
  EXPECT_GT(report.at("hashes").at("snapshots").get<int>(), 10);
  EXPECT_GT(report.at("hashes").at("bundles").get<int>(), 5);
  EXPECT_EQ(report.at("damage"), json::array());
}

TEST_F(RealKernel, AnUnfinishedWriteAheadLogIsReadAndLeftAlone) {
  const fs::path wal = kTiny / "kernel-wal";
  ASSERT_GT(fs::file_size(wal / "swingstore.sqlite-wal"), 0U);
  const auto before = evidence_state(wal);
  const json report = report_of({"inspect", wal.string(), "--verify"}, 0);
  EXPECT_EQ(report.at("damage"), json::array());
  EXPECT_EQ(evidence_state(wal), before);
}

TEST_F(RealKernel, CtrlCEndsWithAPartialReport) {
  testing_support::RunOptions options;
  options.interrupt_after_s = 0.6;
  const Ran ran = run_recrank(
      {"replay", kKernel.string(), "--vat", "bootstrap", "--repeat", "200", "--json", "-"},
      options);
  EXPECT_EQ(ran.status, 130) << ran.err;
  EXPECT_EQ(json::parse(ran.out).at("verdict").at("kind"), "interrupted");
}

struct Planted {
  const char* change;
  const char* field;
};

class RealPlanted : public RealKernel, public testing::WithParamInterface<Planted> {};

TEST_P(RealPlanted, IsFoundAtItsStepAndNamedRight) {
  const ScratchDir scratch;
  const fs::path copy = scratch.path() / "planted";
  const json planted = plant(GetParam().change, copy);
  const json report = report_of({"replay", copy.string(), "--vat", "ledger"}, 1);
  const json& verdict = report.at("verdict");
  EXPECT_EQ(verdict.at("step"), planted.at("position"));
  EXPECT_EQ(verdict.at("field"), GetParam().field);
  if (planted.contains("index") && !planted.at("index").is_null() && verdict.contains("index")) {
    EXPECT_EQ(verdict.at("index"), planted.at("index"));
  }
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--vat"));
  EXPECT_FALSE(verdict.at("around").empty());
}

INSTANTIATE_TEST_SUITE_P(Changes, RealPlanted,
                         testing::Values(Planted{"wrong-syscall", "syscall wrong"},
                                         Planted{"extra-syscall", "syscall extra"},
                                         Planted{"missing-syscall", "syscall missing"},
                                         Planted{"missing-last-syscall", "syscall missing"},
                                         Planted{"result", "result"},
                                         Planted{"computrons", "computrons"},
                                         Planted{"snapshot-hash", "snapshot-hash"}),
                         [](const auto& each) {
                           std::string name = each.param.change;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST_F(RealKernel, AFlippedByteInADeliveryIsCorruptEvidenceAndNeverADivergence) {
  const ScratchDir scratch;
  const fs::path copy = scratch.path() / "kernel";
  fs::copy(kKernel, copy, fs::copy_options::recursive);
  const Ran edit = run_program(
      {"sqlite3", (copy / "swingstore.sqlite").string(),
       "update transcriptItems set item=replace(item,'\"computrons\":','\"computrons\":1') "
       "where vatID='v6' and position=30"});
  if (edit.status == 127) GTEST_SKIP() << "skipped: no sqlite3 program to edit with";
  ASSERT_EQ(edit.status, 0) << edit.err;
  const json report = report_of({"replay", copy.string(), "--vat", "v6"}, 125);
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("v6"));
}

TEST_F(RealKernel, ADamagedHeapSnapshotIsCorruptEvidenceWhereverTheReplayBegins) {
  const ScratchDir scratch;
  const fs::path copy = scratch.path() / "kernel";
  fs::copy(kKernel, copy, fs::copy_options::recursive);
  const Ran edit =
      run_program({"sqlite3", (copy / "swingstore.sqlite").string(),
                   "update snapshots set compressedSnapshot=zeroblob(length(compressedSnapshot)) "
                   "where vatID='v6' and snapPos=26"});
  if (edit.status == 127) GTEST_SKIP() << "skipped: no sqlite3 program to edit with";
  ASSERT_EQ(edit.status, 0) << edit.err;
  for (const char* from : {"0", "30", "60"}) {
    const json report = report_of({"replay", copy.string(), "--vat", "v6", "--from", from},
                                  std::string(from) == "60" ? 0 : 125);
    EXPECT_EQ(report.at("verdict").at("kind"), std::string(from) == "60" ? "clean" : "unjudged");
  }
}

}  // namespace replay_real_test
}  // namespace recrank
