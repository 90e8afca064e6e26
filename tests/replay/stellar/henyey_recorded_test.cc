// A node of a local network, recorded with the real henyey (tests/recordings/henyey-local): what a
// replay of it comes to, by the stand-in, and by the real program where RECRANK_HENYEY names one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/scratch_dir.h"
#include "replay/judge/replay.h"
#include "replay/stellar/henyey_engine.h"
#include "snapshot/io/zstd_stream.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/replay/replay_fixture.h"
#include "tests/support/snapshot/evidence_state.h"

namespace recrank::stellar {
namespace henyey_recorded_test {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const Interrupt kNoInterrupt;
const fs::path kRecorded = fs::path(RECRANK_SOURCE_DIR) / "tests/recordings/henyey-local";
constexpr uint64_t kFirst = 8;  // behind the first checkpoint of an accelerated network
constexpr uint64_t kLast = 23;  // that was published; the database goes on to 30
constexpr uint64_t kPlanted = 12;

class HenyeyRecorded : public testing::TestWithParam<bool> {
 protected:
  HenyeyRecorded() {
    fs::copy(kRecorded, home_.path(), fs::copy_options::recursive);
    fs::create_directories(home_.path() / "cache/buckets/mainnet");
    std::ofstream(home_.path() / "offline.toml")
        << "[network]\npassphrase = \"Standalone Network ; February 2017\"\n\n[testing]\n"
           "accelerate_time = true\n\n[[history.archives]]\nname = \"local\"\nurl = \"file://"
        << (home_.path() / "archive").string() << "\"\n";
    request_.subject_id = "node";
    request_.to = kLast;
    request_.limits.memory_bytes = uint64_t{4} << 30;
    request_.limits.step_wall_s = 120;
  }
  void SetUp() override {
    if (GetParam() && program().empty()) GTEST_SKIP() << "skipped: RECRANK_HENYEY names no henyey";
  }
  [[nodiscard]] static std::string program() {
    const char* const named = std::getenv("RECRANK_HENYEY");
    return !GetParam() ? RECRANK_BINARY_DIR "/bin/fake_henyey" : named == nullptr ? "" : named;
  }
  [[nodiscard]] ReplayResult replayed() const {
    std::ofstream(home_.path() / "engine.json")
        << R"({"schema":"recrank.engine/1","kind":"henyey","program":")" << program()
        << R"(","config":"offline.toml","cache":"cache"})";
    const EngineFile file(home_.path() / "engine.json");
    const auto engine = make_henyey_engine(load_henyey_program(file, "h", {}, kNoInterrupt));
    const auto recording = open_recording(home_.path() / "node.db");
    return replay(*recording, *engine, request_, plan_replay(*recording, request_), kNoInterrupt,
                  nullptr);
  }
  [[nodiscard]] std::string verdict() const {
    const Verdict found = replayed().verdict;
    return verdict_text(found) + (found.reason.empty() ? "" : ": " + found.reason);
  }
  [[nodiscard]] fs::path input(uint64_t ledger) const {
    return home_.path() / "cache/cdp/mainnet" / (std::to_string(ledger) + ".xdr.zst");
  }

  const ScratchDir home_;
  ReplayRequest request_;
};

TEST_P(HenyeyRecorded, EveryLedgerIsClosedAsItWasRecorded) {
  const auto before = evidence_state(home_.path() / "cache");
  const ReplayResult result = replayed();
  EXPECT_EQ(verdict_text(result.verdict), "clean") << result.verdict.reason;
  EXPECT_EQ(result.plan.range.begin, kFirst);
  EXPECT_EQ(result.compared.steps, 16U);
  EXPECT_EQ(result.compared.facts, 16U * 6);
  EXPECT_EQ(evidence_state(home_.path() / "cache"), before);
}

TEST_P(HenyeyRecorded, BehindWhatWasPublishedNothingIsExecuted) {
  request_.to.reset();
  EXPECT_EQ(verdict(), "unjudged 8: its archive holds the ledgers up to 23: --to 23");
}

// A flipped byte of the time, of a signature, of the transactions. The stand-in does not look into
// an input, so it is told to fail as the program does.
TEST_P(HenyeyRecorded, DamagedInputIsNamedAndNoDivergence) {
  const std::string packed = read_small_file(input(kPlanted), 1 << 20);
  std::string batch(1 << 20, 0);
  ZstdUnpacker unpacker(packed, "input");
  batch.resize(unpacker.read(batch.data(), batch.size()));
  // Behind batch, form, extension and hash: version, two hashes, time; at the end of the header the
  // extension behind it, and the set of transactions.
  const std::vector<std::pair<size_t, std::string>> places{
      {56 + 4 + 64 + 7 - 4, "the header's sha256 is "},
      {batch.size() - 76, "its transactions are"}};
  std::ofstream(home_.path() / "archive/acts")
      << "mismatch " << kPlanted << " " << std::string(64, 'a') << "\n";
  for (const auto& [at, what] : places) {
    std::string changed = batch;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    std::ofstream file(input(kPlanted));
    ZstdPacker packer([&](std::string_view piece) { file << piece; });
    packer.write(changed);
    packer.finish();
    file.close();
    EXPECT_THAT(verdict(), AllOf(StartsWith("unjudged 12"), HasSubstr("cdp/mainnet/12.xdr.zst"),
                                 HasSubstr(what)));
  }
}

TEST_P(HenyeyRecorded, ARecordingThatSaysOtherwiseDivergesWhereItDoes) {
  // The fee pool of one ledger, with its hash made anew: what the engine computes is another.
  {
    const SqliteDb db(home_.path() / "node.db", "node.db", SqliteAccess::kScratch);
    Statement query(db, "SELECT data FROM ledgerheaders WHERE ledgerseq=?1");
    query.bind(1, static_cast<int64_t>(kPlanted));
    ASSERT_TRUE(query.step());
    std::string header(query.text(0));
    // From its end: extension, skip list, sizes, the pool's own 8 bytes.
    const size_t fee_pool_end = header.size() - 4 - 4 * 32 - 3 * 4 - 8 - 4;
    header[fee_pool_end - 1] = static_cast<char>(header[fee_pool_end - 1] ^ 1);
    const std::string change = "UPDATE ledgerheaders SET ledgerhash='" + sha256_hex(header) +
                               "', data=x'" + to_hex(header) +
                               "' WHERE ledgerseq=" + std::to_string(kPlanted);
    db.execute(change.c_str());
  }
  request_.to = kPlanted;
  EXPECT_EQ(verdict(), "diverged 12: 12 fee_pool, 12 ledger_hash");
}

TEST_P(HenyeyRecorded, InputThatIsMissingIsNamed) {
  fs::remove(input(kPlanted));
  EXPECT_THAT(verdict(), AllOf(StartsWith("unjudged 12"),
                               HasSubstr("the cache has no cdp/mainnet/12.xdr.zst")));
}

TEST_P(HenyeyRecorded, WithoutAnArchiveItDoesNotBegin) {
  fs::remove_all(home_.path() / "archive/.well-known");
  EXPECT_THAT(verdict(), AllOf(StartsWith("unjudged 8"), HasSubstr("before its first ledger")));
}

TEST_P(HenyeyRecorded, BeforeTheFirstCheckpointNothingIsPromised) {
  request_.to = 7;
  EXPECT_THROW((void)replayed(), Error);
}

INSTANTIATE_TEST_SUITE_P(Programs, HenyeyRecorded, testing::Bool(), [](const auto& program) {
  return program.param ? std::string("Real") : std::string("StandIn");
});

}  // namespace henyey_recorded_test
}  // namespace recrank::stellar
