// --perturb, --telemetry and --trust-checkpoint on a real kernel and the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/scratch_dir.h"
#include "snapshot/io/inflate.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/harness/recrank_report.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace perturb_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::report_of;
using testing_support::run_recrank;

const fs::path kTiny = fs::path(RECRANK_DATA_DIR) / "recordings" / "tiny";
const fs::path kKernel = kTiny / "kernel";

std::vector<json> rows_of(const fs::path& path) {
  std::ifstream in(path);
  std::vector<json> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(json::parse(line));
  return rows;
}

class RealPerturbed : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kTiny / "recording.json")) {
      GTEST_SKIP() << "skipped: no recording in " << kTiny << "; ./check makes one";
    }
  }
  ScratchDir scratch_;
};

TEST_F(RealPerturbed, TheLedgerIsCleanInEveryVariation) {
  const json report = report_of(
      {"replay", kKernel.string(), "--vat", "ledger", "--perturb", "8", "--jobs", "2"}, 0);
  const json& perturb = report.at("perturb");
  EXPECT_EQ(perturb.at("clean"), 8);
  bool everything_compared = false;
  for (const json& run : perturb.at("variations")) {
    EXPECT_EQ(run.at("verdict").at("kind"), "clean") << run.dump();
    everything_compared = everything_compared || run.at("left_out").empty();
  }
  EXPECT_TRUE(everything_compared);  // some variations leave nothing out
}

// The measurement that the plan rests on (docs/perturb.md).
TEST_F(RealPerturbed, CollectionsElsewhereMoveComputronsButNoCalls) {
  const std::vector<std::string> words{"replay", kKernel.string(), "--vat",
                                       "ledger", "--reload-after", "every:7"};
  const json all = report_of(words, 1);
  EXPECT_EQ(all.at("verdict").at("field"), "computrons");
  std::vector<std::string> narrowed = words;
  narrowed.insert(narrowed.end(), {"--compare", "syscalls,result"});
  EXPECT_EQ(report_of(narrowed, 0).at("compared").at("left_out"),
            json::array({"computrons", "snapshots"}));
}

TEST_F(RealPerturbed, AParserBufferThatIsTooSmallIsUnjudged) {
  const json report =
      report_of({"replay", kKernel.string(), "--vat", "ledger", "--parser-buffer", "64"}, 125);
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("buffer overflow"));
}

TEST_F(RealPerturbed, TelemetryHasARowForEveryStepWithTheMetersFigures) {
  const fs::path file = scratch_.path() / "t.jsonl";
  const json report =
      report_of({"replay", kKernel.string(), "--vat", "ledger", "--telemetry", file.string()}, 0);
  const std::vector<json> rows = rows_of(file);
  ASSERT_EQ(rows.size(), report.at("compared").at("steps").get<size_t>());
  uint64_t syscalls = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("step"), i);
    EXPECT_GT(rows[i].at("rss_bytes").get<uint64_t>(), 1U << 20);
    if (rows[i].at("kind") != "delivery") continue;
    EXPECT_GT(rows[i].at("allocate").get<uint64_t>(), 1U << 20) << rows[i].dump();
    EXPECT_GT(rows[i].at("currentHeapCount").get<uint64_t>(), 1000U);
    EXPECT_EQ(rows[i].at("computrons"), rows[i].at("recorded_computrons"));
    EXPECT_EQ(rows[i].at("syscalls"), rows[i].at("recorded_syscalls"));
    EXPECT_FALSE(rows[i].contains("recorded_allocate"));  // a swing-store does not keep it
    syscalls += rows[i].at("syscalls").get<uint64_t>();
  }
  EXPECT_EQ(syscalls, report.at("compared").at("syscalls").get<uint64_t>());
  EXPECT_THAT(report.at("telemetry").at("was_it_memory").get<std::string>(),
              HasSubstr("no limit was near"));
}

TEST_F(RealPerturbed, ASlogGivesTheRecordedMeterTooAndPartsAreInOrder) {
  const fs::path file = scratch_.path() / "t.jsonl";
  static_cast<void>(report_of({"replay", (kTiny / "chain.slog").string(), "--all", "--jobs", "2",
                               "--telemetry", file.string()},
                              3));  // a vat in it meets its recorded meter limit
  const std::vector<json> rows = rows_of(file);
  std::vector<std::string> vats;
  uint64_t with_meter = 0;
  uint64_t last_step = 0;
  for (const json& row : rows) {
    const std::string vat = row.at("vat");
    if (vats.empty() || vats.back() != vat) {
      vats.push_back(vat);
    } else {
      EXPECT_GT(row.at("step").get<uint64_t>(), last_step) << row.dump();
    }
    last_step = row.at("step").get<uint64_t>();
    if (row.contains("recorded_allocate")) ++with_meter;
  }
  EXPECT_EQ(std::set<std::string>(vats.begin(), vats.end()).size(), vats.size());  // no vat twice
  EXPECT_GT(with_meter, 100U);
}

// A copy of the kernel with one letter of a comment in the ledger's last heap changed.
class RealDamagedHeap : public RealPerturbed {
 protected:
  void SetUp() override {
    RealPerturbed::SetUp();
    if (IsSkipped()) return;
    kernel_ = scratch_.path() / "kernel";
    fs::copy(kKernel, kernel_, fs::copy_options::recursive);
    const SqliteDb db(kernel_ / "swingstore.sqlite", "copy", SqliteAccess::kScratch);
    std::string packed;
    {
      Statement get(db, "SELECT compressedSnapshot FROM snapshots WHERE vatID='v6' AND snapPos=92");
      ASSERT_TRUE(get.step());
      packed = get.text(0);
    }
    std::string heap = unpack(packed);
    const size_t comment = heap.find("This setting optimizes the debugging");
    ASSERT_NE(comment, std::string::npos);
    heap[comment] ^= 1;
    write_back(db, gzip(heap));
  }

  static std::string unpack(const std::string& packed) {
    std::string heap;
    size_t at = 0;
    inflate_gzip(
        [&](char* data, size_t size) {
          const size_t taken = packed.copy(data, size, at);
          at += taken;
          return taken;
        },
        [&](std::string_view piece) { heap += piece; }, uint64_t{1} << 30, "heap");
    return heap;
  }

  static void write_back(const SqliteDb& db, const std::string& packed) {
    Statement put(db,
                  "UPDATE snapshots SET compressedSnapshot=CAST(?1 AS BLOB), compressedSize=?2 "
                  "WHERE vatID='v6' AND snapPos=92");
    put.bind(1, packed);
    put.bind(2, static_cast<int64_t>(packed.size()));
    (void)put.step();
  }

  [[nodiscard]] std::vector<std::string> replay(std::vector<std::string> more) const {
    std::vector<std::string> words{"replay", kernel_.string(), "--vat", "ledger", "--from", "94"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  fs::path kernel_;
};

TEST_F(RealDamagedHeap, IsCaughtByItsHashFirst) {
  const json report = report_of(replay({}), 125);
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("has sha256"));
}

TEST_F(RealDamagedHeap, RunsWhenTrustedAndIsNeverPlainClean) {
  const json report = report_of(replay({"--trust-checkpoint"}), 0);
  EXPECT_EQ(report.at("range").at("checkpoint"), "snapshot@93");
  EXPECT_GT(report.at("compared").at("syscalls").get<int>(), 0);
  EXPECT_THAT(report.at("verdict").at("detail").at("text").get<std::string>(),
              HasSubstr("not what its hashes promise"));
  ASSERT_EQ(report.at("evidence_not_as_promised").size(), 1U);
  const std::string line = report.at("evidence_not_as_promised")[0];
  EXPECT_THAT(line, HasSubstr("v6 snapshot at 92"));
  EXPECT_THAT(line, HasSubstr("has sha256"));
  EXPECT_THAT(line, HasSubstr(", recorded "));
  EXPECT_THAT(run_recrank(replay({"--trust-checkpoint"})).out,
              HasSubstr("NOT WHAT ITS HASHES PROMISE"));
}

TEST_F(RealDamagedHeap, ThatCannotBeUnpackedIsRefusedAllTheSame) {
  {
    const SqliteDb db(kernel_ / "swingstore.sqlite", "copy", SqliteAccess::kScratch);
    std::string packed = gzip(std::string(100'000, 'x'));
    packed[packed.size() - 6] ^= 1;  // its checksum
    write_back(db, packed);
  }
  const json report = report_of(replay({"--trust-checkpoint"}), 125);
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_EQ(report.at("compared").at("steps"), 0);
}

TEST_F(RealPerturbed, TrustChangesNothingWhereHashesHold) {
  const json report = report_of(
      {"replay", kKernel.string(), "--vat", "ledger", "--from", "94", "--trust-checkpoint"}, 0);
  EXPECT_FALSE(report.contains("evidence_not_as_promised"));
  EXPECT_FALSE(report.at("verdict").contains("detail"));
}

}  // namespace perturb_real_test
}  // namespace recrank
