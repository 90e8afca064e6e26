#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"
#include "snapshot/agoric/dialect_names.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "base/json_cursor.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/io/utf16.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank::agoric {
namespace kerneldb_lmdb_test {

namespace fs = std::filesystem;

class KerneldbLmdb : public testing::Test {
 protected:
  std::unique_ptr<Recording> open() { return open_kerneldb_lmdb(dir_.path() / "data.mdb", "db"); }
  // Changes one thing in the standard kernel.
  void edit(const std::function<void(LmdbFixture&)>& change) {
    LmdbFixture kernel(dir_.path());
    change(kernel);
    kernel.commit();
  }
  // The text of the Error that `body` throws, with its code in front.
  template <typename Body>
  static std::string error_of(Body&& body) {
    try {
      body();
      return "no error";
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.code())) + " " + error.what();
    }
  }

  ScratchDir dir_;
};

const Subject& subject(const Recording& recording, const std::string& id) {
  return find_subject(recording, id);
}

std::vector<std::string> texts(const Recording& recording, const std::string& id, StepRange range) {
  std::vector<std::string> out;
  const auto stream = recording.steps(id, range);
  Step step;
  while (stream->next(step)) out.push_back(step.text);
  return out;
}

TEST_F(KerneldbLmdb, ListsLiveLocalAndTerminatedVatsByNumber) {
  write_kernel_2021(dir_.path());
  const auto recording = open();
  ASSERT_EQ(recording->subjects().size(), 4U);
  const Subject& alice = recording->subjects()[0];
  EXPECT_EQ(alice.id, "v1");
  EXPECT_EQ(alice.name, "alice");
  EXPECT_EQ(alice.manager, "xs-worker");
  EXPECT_EQ(alice.not_replayable, "");
  EXPECT_EQ(alice.held, (std::vector<StepRange>{{0, 20}}));
  EXPECT_EQ(subject(*recording, "v2").not_replayable,
            "a local worker: nothing was sent to a process");
  EXPECT_EQ(subject(*recording, "v3").state, SubjectState::kTerminated);
  EXPECT_NE(subject(*recording, "v3").not_replayable.find("a slog is the only source"),
            std::string::npos);
  EXPECT_EQ(subject(*recording, "v4").manager, "xs-worker") << "the kernel's default";
  EXPECT_EQ(recording->checkpoints("v1").size(), 1U);
  EXPECT_TRUE(recording->checkpoints("v3").empty());
}

TEST_F(KerneldbLmdb, TellsItsKindAndFacts) {
  write_kernel_2021(dir_.path());
  const auto recording = open();
  EXPECT_EQ(recording->info().kind, "kerneldb-lmdb");
  EXPECT_EQ(recording->info().dialect, kXsnap2021);
  using Fact = std::pair<std::string, std::string>;
  EXPECT_EQ(recording->info().facts, (std::vector<Fact>{{"crankNumber", "17"},
                                                        {"kernel.defaultManagerType", "xs-worker"},
                                                        {"vat.nextID", "5"},
                                                        {"entries", "43"}}));
}

TEST_F(KerneldbLmdb, StreamsEntriesInTheOrderOfTheirNumbers) {
  write_kernel_2021(dir_.path(), 120);  // v1.t.100 sorts before v1.t.11
  const auto recording = open();
  const auto stream = recording->steps("v1", {8, 112});
  Step step;
  for (uint64_t k = 8; k < 112; ++k) {
    ASSERT_TRUE(stream->next(step));
    EXPECT_EQ(step.number, k);
    EXPECT_EQ(step.text, make_entry_2021(k, k * 7 % 61));
    EXPECT_EQ(step.calls.size(), k * 7 % 61);
    EXPECT_EQ(step.status, RecordedStatus::kOk);
    EXPECT_EQ(step.computrons, std::nullopt);
  }
  EXPECT_FALSE(stream->next(step));
  EXPECT_TRUE(texts(*recording, "v1", {5, 5}).empty());
}

TEST_F(KerneldbLmdb, GivesTheSetupOfAStaticVat) {
  write_kernel_2021(dir_.path());
  const recrank::Setup setup = open()->setup("v1", 0);
  EXPECT_EQ(setup.label, "v1:alice");
  EXPECT_EQ(setup.get(kVatBundle), R"({"moduleFormat":"nestedEvaluate","source":"x"})");
  EXPECT_EQ(setup.get(kVatParameters), R"({"name":"Alice"})");
  EXPECT_EQ(setup.get(kCacheSize), "2");
  EXPECT_EQ(setup.get(kEnableDisavow), "true");
  EXPECT_EQ(setup.get(kMeterLimit), "10000000");
  EXPECT_EQ(setup.get(kLockdown),
            R"({"source":"lockdown","sourceMap":"","moduleFormat":"getExport"})");
  EXPECT_TRUE(setup.has(kSupervisor));
}

TEST_F(KerneldbLmdb, GivesTheSetupOfADynamicVatWithTheKernelsDefaults) {
  write_kernel_2021(dir_.path());
  const recrank::Setup setup = open()->setup("v4", 0);
  EXPECT_EQ(setup.label, "v4:undefined");
  EXPECT_EQ(setup.get(kVatBundle), R"({"moduleFormat":"nestedEvaluate","source":"dude"})");
  EXPECT_EQ(setup.get(kVatParameters), R"({"uni":"Façade 𝄞"})");
  EXPECT_EQ(setup.get(kCacheSize), "null");
  EXPECT_EQ(setup.get(kEnableDisavow), "false");
}

TEST_F(KerneldbLmdb, NamesABundleThatIsGone) {
  write_kernel_2021(dir_.path());
  edit([](LmdbFixture& kernel) {
    kernel.erase("bundle.dude");
    kernel.erase("lockdownBundle");
    kernel.erase("v4.options");
  });
  const recrank::Setup setup = open()->setup("v4", 0);
  EXPECT_EQ(setup.get(kVatBundle), std::nullopt);
  EXPECT_EQ(setup.missing.get(kVatBundle), "dude");
  EXPECT_EQ(setup.get(kLockdown), std::nullopt);
  EXPECT_EQ(setup.get(kVatParameters), "{}");
}

TEST_F(KerneldbLmdb, ReadsTextOutsideTheBmpAndLoneSurrogates) {
  const std::string entry = R"({"d":["m","ç☃𝄞"],"syscalls":[{"d":["g"],"response":")"
                            "\xed\xa0\xb4"
                            R"("}]})";
  LmdbFixture kernel(dir_.path());
  kernel.put_genesis();
  kernel.put_vat({.id = "v1", .name = "Ärger 𝄞", .entries = {entry}});
  kernel.put_next_vat_id(2);
  kernel.commit();
  const auto recording = open();
  EXPECT_EQ(recording->subjects()[0].name, "Ärger 𝄞");
  EXPECT_EQ(texts(*recording, "v1", {0, 1}), std::vector<std::string>{entry});
  EXPECT_TRUE(recording->verify({}).damage.empty());
}

TEST_F(KerneldbLmdb, AskingForWhatIsNotHeldIsAUsageError) {
  write_kernel_2021(dir_.path());
  const auto recording = open();
  EXPECT_EQ(error_of([&] {
              (void)recording->steps("v1", {10, 30});
            }),
            "0 db: v1: steps 10..29 are not held; held: 0..19");
  EXPECT_EQ(error_of([&] { (void)recording->steps("v9", {0, 1}); }).substr(0, 2), "0 ");
  EXPECT_EQ(error_of([&] { (void)recording->steps("v3", {0, 1}); }).substr(0, 2), "0 ");
  EXPECT_EQ(error_of([&] { (void)recording->setup("v3", 0); }).substr(0, 2), "4 ");
  EXPECT_EQ(error_of([&] {
              (void)recording->open_snapshot("v1", {}, SnapshotTrust::kHash);
            }).substr(0, 2),
            "4 ");
}

TEST_F(KerneldbLmdb, AMissingEntryNamesItsKey) {
  write_kernel_2021(dir_.path());
  edit([](LmdbFixture& kernel) { kernel.erase("v1.t.7"); });
  const auto recording = open();
  EXPECT_EQ(texts(*recording, "v1", {0, 7}).size(), 7U);
  EXPECT_EQ(error_of([&] {
              (void)texts(*recording, "v1", {0, 20});
            }),
            "1 db: key v1.t.7: missing from the transcript");
  const HashReport report = recording->verify({});
  ASSERT_EQ(report.damage.size(), 1U);
  EXPECT_EQ(report.damage[0].place, "db: key v1.t.7");
  EXPECT_EQ(report.damage[0].what, "missing from the transcript");
  EXPECT_EQ(report.damage[0].subject_id, "v1");
}

TEST_F(KerneldbLmdb, DamagedTextNamesItsKeyAndIsReportedByVerify) {
  write_kernel_2021(dir_.path());
  edit([](LmdbFixture& kernel) {
    kernel.put_raw(encode_utf16z("v1.t.3").value(), "odd");
    kernel.put("v1.t.5", R"({"d":["m"],"syscalls":[}]})");
    kernel.put_raw(encode_utf16z("kp40.state").value(), "no terminator!");
    kernel.put_raw("raw key", encode_utf16z("x").value());
  });
  const auto recording = open();
  EXPECT_EQ(error_of([&] {
              (void)texts(*recording, "v1", {0, 20});
            }),
            "1 db: key v1.t.3: the value (3 bytes) is not UTF-16 with a terminator");
  EXPECT_EQ(error_of([&] {
              (void)texts(*recording, "v1", {5, 6});
            }),
            "1 db: key v1.t.5: JSON: expected '{' at byte 23");
  const HashReport all = recording->verify({});
  EXPECT_EQ(all.spans + all.snapshots + all.bundles, 0U) << "the format stores no hashes";
  EXPECT_EQ(all.damage.size(), 4U);
  EXPECT_EQ(recording->verify({.subject_id = "v1", .range = StepRange{4, 20}}).damage.size(), 1U);
  EXPECT_TRUE(recording->verify({.subject_id = "v4", .range = {}}).damage.empty());
}

TEST_F(KerneldbLmdb, OneDamagedVatDoesNotHideTheOthers) {
  write_kernel_2021(dir_.path());
  edit([](LmdbFixture& kernel) {
    kernel.put("v1.options", "{");
    kernel.put("v4.t.nextID", "1000000000000");
  });
  const auto recording = open();
  EXPECT_TRUE(subject(*recording, "v1").not_replayable.starts_with("damaged: db: key v1.options"));
  EXPECT_TRUE(subject(*recording, "v4").not_replayable.starts_with("damaged: db: key v4.t.nextID"));
  EXPECT_EQ(subject(*recording, "v2").held_count(), 1U);
  EXPECT_EQ(recording->verify({}).damage.size(), 2U);
}

TEST_F(KerneldbLmdb, AnEntryBehindTheCountedOnesSaysThatTheCountIsWrong) {
  write_kernel_2021(dir_.path());
  const uint64_t length = subject(*open(), "v1").held_count();
  edit([&](LmdbFixture& kernel) { kernel.put("v1.t.nextID", std::to_string(length - 2)); });
  const auto recording = open();
  const MissingSteps* lost = subject(*recording, "v1").lost_in({0, kNoEnd});
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(lost->steps, (StepRange{length - 2, kNoEnd}));
  EXPECT_EQ(lost->damaged_place, "db: key v1.t." + std::to_string(length - 2));
  EXPECT_EQ(recording->verify({}).damage.size(), 1U);
}

TEST_F(KerneldbLmdb, OfADamagedVatAllIsLost) {
  write_kernel_2021(dir_.path());
  EXPECT_EQ(subject(*open(), "v4").lost_in({0, kNoEnd}), nullptr);
  edit([](LmdbFixture& kernel) { kernel.erase("v4.t.nextID"); });
  EXPECT_NE(subject(*open(), "v4").lost_in({0, kNoEnd}), nullptr);
}

TEST_F(KerneldbLmdb, HostileListsAreInvalidData) {
  const auto error_with = [&](const char* key, const char* value) {
    write_kernel_2021(dir_.path());
    edit([&](LmdbFixture& kernel) { kernel.put(key, value); });
    return error_of([&] { (void)open(); }).substr(0, 2);
  };
  EXPECT_EQ(error_with("vat.names", "[1]"), "1 ");
  EXPECT_EQ(error_with("vat.names", R"(["alice","nobody"])"), "1 ");
  EXPECT_EQ(error_with("vat.name.alice", "../x"), "1 ");
  EXPECT_EQ(error_with("vat.dynamicIDs", R"(["v"])"), "1 ");
  EXPECT_EQ(error_with("vat.nextID", "99999999999"), "1 ");
}

TEST_F(KerneldbLmdb, AnotherLmdbDatabaseIsNotAKernel) {
  LmdbFixture other(dir_.path(), {.name = "something"});
  other.put("a", "b");
  other.commit();
  EXPECT_EQ(error_of([&] { (void)open(); }),
            "4 db: an LMDB database, but not of a kernel: no 'swingset-kernel-state' in it; "
            "it holds 'something'");
}

TEST_F(KerneldbLmdb, ReadingChangesNothing) {
  write_kernel_2021(dir_.path());
  fs::remove(dir_.path() / "lock.mdb");
  const auto before = evidence_state(dir_.path());
  {
    const auto recording = open();
    (void)texts(*recording, "v1", {0, 20});
    (void)recording->verify({});
    EXPECT_EQ(evidence_state(dir_.path()), before);
  }
  EXPECT_EQ(evidence_state(dir_.path()), before);
}

TEST_F(KerneldbLmdb, ADirectoryThatCannotBeWrittenIsFine) {
  write_kernel_2021(dir_.path());
  fs::permissions(dir_.path() / "data.mdb", fs::perms::owner_read);
  fs::permissions(dir_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(texts(*open(), "v1", {0, 20}).size(), 20U);
  fs::permissions(dir_.path(), fs::perms::owner_all);
}

TEST_F(KerneldbLmdb, SeveralRecordingsAndThreadsCanShareOneFile) {
  write_kernel_2021(dir_.path(), 200);
  const auto first = open();
  std::vector<std::thread> threads;
  std::vector<size_t> counts(4);
  {
    const auto second = open();
    for (size_t i = 0; i < counts.size(); ++i) {
      threads.emplace_back([&, i] {
        const Recording& recording = i % 2 == 0 ? *first : *second;
        counts[i] = texts(recording, "v1", {0, 200}).size() + texts(recording, "v4", {0, 2}).size();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(counts, std::vector<size_t>(4, 202));
  EXPECT_EQ(texts(*first, "v1", {0, 200}).size(), 200U) << "after the other one is closed";
}

// The members of expected.json that concern one vat.
struct ExpectedVat {
  uint64_t deliveries = 0;
  uint64_t syscalls = 0;
  std::string sha256;
};

std::map<std::string, ExpectedVat> read_expected(const fs::path& file) {
  std::map<std::string, ExpectedVat> vats;
  const std::string text = read_bytes(file);
  JsonCursor cursor(text);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key != "vats") {
      cursor.skip_value();
      continue;
    }
    cursor.enter_object();
    while (const auto id = cursor.next_key()) {
      ExpectedVat& vat = vats[std::string(*id)];
      cursor.enter_object();
      while (const auto member = cursor.next_key()) {
        if (*member == "deliveries") vat.deliveries = cursor.uint_value();
        else if (*member == "syscalls") vat.syscalls = cursor.uint_value();
        else if (*member == "transcript_sha256") vat.sha256 = cursor.string_value();
        else cursor.skip_value();
      }
    }
  }
  return vats;
}

class RealKerneldb : public testing::TestWithParam<const char*> {};

TEST_P(RealKerneldb, GivesEveryRecordedByte) {
  const fs::path place = fs::path(RECRANK_SOURCE_DIR) / "../shared/data/agoric-2021" / GetParam();
  if (!fs::exists(place / "data.mdb.gz")) GTEST_SKIP() << "skipped: no " << place;
  const auto recording = open_recording(place / "data.mdb.gz");
  const auto expected = read_expected(place / "expected.json");
  ASSERT_FALSE(expected.empty());
  for (const auto& [id, vat] : expected) {
    SCOPED_TRACE(id);
    const Subject& found = find_subject(*recording, id);
    EXPECT_EQ(found.held_count(), vat.deliveries);
    Sha256 digest;
    uint64_t syscalls = 0;
    Step step;
    for (const StepRange held : found.held) {
      const auto stream = recording->steps(id, held);
      while (stream->next(step)) {
        syscalls += step.calls.size();
        digest.update(step.text);
        digest.update("\n");
      }
    }
    EXPECT_EQ(syscalls, vat.syscalls);
    EXPECT_EQ(digest.finish_hex(), vat.sha256);
  }
  EXPECT_TRUE(recording->verify({}).damage.empty());
}

INSTANTIATE_TEST_SUITE_P(Agoric2021, RealKerneldb,
                         testing::Values("kerneldb-lmdb", "kerneldb-restart"));

}  // namespace kerneldb_lmdb_test
}  // namespace recrank::agoric
