#include "snapshot/capsule/capsule.h"
#include "snapshot/agoric/setup_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "base/hash.h"
#include "base/scratch_dir.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/montana/montana.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/snapshot/capsule_fixture.h"
#include "tests/support/snapshot/evidence_state.h"

namespace recrank {
namespace capsule_test {

using namespace agoric;
using namespace montana;

namespace fs = std::filesystem;
using testing::HasSubstr;

class Capsule : public testing::Test {
 protected:
  Capsule() { add_odd_steps(recording_.fake()); }

  fs::path pack(const CapsuleRequest& request, const std::string& name = "x.crank") const {
    const fs::path file = scratch_.path() / name;
    write_capsule(recording_, request, file);
    return file;
  }
  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(scratch_.path()), {}));
  }

  HeapRecording recording_;
  ScratchDir scratch_;
};

TEST_F(Capsule, IsReadByNobodyWhoMayNotReadTheRecording) {
  const mode_t before = ::umask(0);
  const fs::path file = pack(whole_of(recording_));  // of no place that everybody may read
  ::umask(before);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms{0600});
}

TEST_F(Capsule, GivesBackEveryByteOfEveryStep) {
  recording_.fake().setup().set(kVatBundle, R"({"source":"x"})");
  recording_.fake().setup().set(kLockdown, R"({"source":"l"})");
  recording_.fake().setup().set(kVatParameters, std::string("{\"a\":\"\xed\xa0\xb4\"}"));
  recording_.fake().setup().set(kEnableDisavow, "false");
  recording_.fake().setup().set(kMeterLimit, "7");
  const auto capsule = open_recording(pack(whole_of(recording_)));
  EXPECT_EQ(capsule->info().kind, "capsule");
  EXPECT_EQ(all_of(*capsule), all_of(recording_));
  const HashReport hashes = capsule->verify({});
  EXPECT_THAT(hashes.damage, testing::IsEmpty());
  EXPECT_EQ(hashes.spans, 1U);
  EXPECT_EQ(hashes.bundles, 3U);
}

TEST_F(Capsule, GivesBackEveryByteOfANode) {
  HeapRecording node;
  make_node(node);
  const fs::path file = scratch_.path() / "node.crank";
  write_capsule(node, whole_of(node), file);
  const auto capsule = open_recording(file);
  EXPECT_EQ(all_of(*capsule), all_of(node));
  EXPECT_EQ(capsule->info().dialect, kMontanaDialect);
  EXPECT_EQ(capsule->subjects().front().kind, "node");
  EXPECT_EQ(capsule->checkpoints("v1").front().label(), "tables@0");
  EXPECT_THAT(read_bytes(file), testing::Not(HasSubstr("worker_name")));
  const HashReport hashes = capsule->verify({});
  EXPECT_THAT(hashes.damage, testing::IsEmpty());
  EXPECT_EQ(hashes.snapshots, 1U);
}

TEST_F(Capsule, AStateThatTheEngineFindsByItselfTakesNoBytes) {
  HeapRecording node;
  make_node(node);
  node.own(1);
  CapsuleRequest request = whole_of(node);
  request.range.begin = 1;
  request.checkpoint = node.checkpoints("v1").back();
  const fs::path file = scratch_.path() / "own.crank";
  write_capsule(node, request, file);
  const auto capsule = open_recording(file);
  const Checkpoint found = capsule->checkpoints("v1").front();
  EXPECT_EQ(found.label(), "own@1");
  EXPECT_THROW((void)capsule->open_snapshot("v1", found, SnapshotTrust::kHash), Error);
}

TEST_F(Capsule, AReservationEndsWithWhoeverAskedForTheBeginning) {
  HeapRecording node;
  make_node(node);
  CapsuleRequest request = whole_of(node);
  request.checkpoint.only_when_asked = "the directory is torn: --from 0";
  const fs::path file = scratch_.path() / "torn.crank";
  write_capsule(node, request, file);
  EXPECT_EQ(open_recording(file)->checkpoints("v1").front().only_when_asked, "");
}

TEST_F(Capsule, OfAVatIsAsOlderReadersKnowIt) {
  EXPECT_THAT(read_bytes(pack(whole_of(recording_))), HasSubstr("recrank.capsule/1"));
  recording_.fake().step(3).block = 7;
  EXPECT_THAT(read_bytes(pack(whole_of(recording_), "y.crank")), HasSubstr("recrank.capsule/2"));
}

TEST_F(Capsule, BeginsAnywhereInAnyOfItsBlocks) {
  recording_.fake().add_deliveries(kCapsuleBlockSteps + 100);
  FakeStep large;
  large.delivery.assign(3 << 20, 'x');
  recording_.fake().add(large).add_deliveries(10);
  const auto capsule = open_recording(pack(whole_of(recording_)));
  const StepRange held = capsule->subjects().front().held.front();
  EXPECT_EQ(capsule->verify({}).spans, 3U);
  for (const uint64_t begin : {held.begin, kCapsuleBlockSteps - 1, kCapsuleBlockSteps,
                               kCapsuleBlockSteps + 1, held.end - 11, held.end - 1}) {
    const auto stream = capsule->steps("v1", {begin, held.end});
    Step step;
    uint64_t due = begin;
    while (stream->next(step)) ASSERT_EQ(step.number, due++);
    EXPECT_EQ(due, held.end);
  }
  EXPECT_EQ(all_of(*capsule), all_of(recording_));
}

TEST_F(Capsule, HasEqualBytesForEqualInput) {
  recording_.heap(8, 3 << 20);
  CapsuleRequest request = whole_of(recording_);
  request.more_checkpoints = {recording_.checkpoints("v1").back()};
  const std::string first = read_bytes(pack(request, "a.crank"));
  fs::create_directories(scratch_.path() / "deeper" / "still");
  // Memory that nobody wrote would now hold other bytes.
  mallopt(M_PERTURB, 0x5A);
  const std::string second = read_bytes(pack(request, "deeper/still/b.crank"));
  mallopt(M_PERTURB, 0xA5);
  const std::string third = read_bytes(pack(request, "c.crank"));
  mallopt(M_PERTURB, 0);
  EXPECT_TRUE(first == second);
  EXPECT_TRUE(first == third);
}

TEST_F(Capsule, KeepsHeapsAndRefusesDamagedOnes) {
  recording_.heap(8, 5'000'001);
  recording_.heap(9, 100, std::string(64, '0'));
  const auto all = recording_.checkpoints("v1");
  CapsuleRequest request = whole_of(recording_);
  request.more_checkpoints = {all[1], all[2]};
  EXPECT_EQ(error_of([&] { pack(request); }).code(), ErrorCode::kInvalidData);
  EXPECT_EQ(files(), 0U);

  request.more_checkpoints = {all[1]};
  const auto sound = open_recording(pack(request, "sound.crank"));
  EXPECT_EQ(sound->verify({}).snapshots, 1U);
  EXPECT_EQ(sound->checkpoints("v1").back().size_bytes, 5'000'001U);

  request.more_checkpoints = {all[1], all[2]};
  request.snapshot_trust = SnapshotTrust::kBytes;
  const auto damaged = open_recording(pack(request, "damaged.crank"));
  const HashReport hashes = damaged->verify({});
  ASSERT_EQ(hashes.damage.size(), 1U);
  EXPECT_THAT(hashes.damage.front().place, HasSubstr("snapshot@9"));
  const Checkpoint bad = damaged->checkpoints("v1").back();
  EXPECT_EQ(error_of([&] { (void)damaged->open_snapshot("v1", bad, SnapshotTrust::kHash); }).code(),
            ErrorCode::kInvalidData);
  EXPECT_TRUE(damaged->open_snapshot("v1", bad, SnapshotTrust::kBytes).valid());
}

TEST_F(Capsule, BeginsWithAHeapAndLeavesOutBundlesThatNoWorkerIsTold) {
  recording_.heap(8, 1000);
  recording_.fake().setup().set(kVatBundle, "{}");
  CapsuleRequest request = whole_of(recording_);
  request.checkpoint = recording_.checkpoints("v1").back();
  request.range.begin = 8;
  const auto capsule = open_recording(pack(request));
  EXPECT_EQ(capsule->subjects().front().held, (std::vector<StepRange>{{8, 11}}));
  const recrank::Setup setup = capsule->setup("v1", 8);
  EXPECT_EQ(setup.get(kVatBundle), std::nullopt);
  EXPECT_THAT(setup.missing.get(kVatBundle).value_or(""), HasSubstr("heap"));
  EXPECT_EQ(setup.label, "v1:fake");
}

TEST_F(Capsule, HoldsTheSetupOfEachIncarnationAndEachBundleOnce) {
  recrank::Setup& first = recording_.fake().setup();
  first.label = "v1:one";
  first.set(kSupervisor, std::string(100'000, 's'));
  first.set(kVatBundle, "first");
  const uint64_t upgrade = recording_.subjects().front().held.front().end;
  recording_.fake().checkpoint(CheckpointKind::kGenesis, upgrade);
  recording_.fake().add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(2);
  recrank::Setup second = first;
  second.set(kVatBundle, "second");
  recording_.later_setup(upgrade, second);
  const auto capsule = open_recording(pack(whole_of(recording_)));
  EXPECT_EQ(capsule->verify({}).bundles, 3U);
  EXPECT_EQ(capsule->setup("v1", upgrade - 1).get(kVatBundle), "first");
  EXPECT_EQ(capsule->setup("v1", upgrade).get(kVatBundle), "second");
  EXPECT_EQ(all_of(*capsule), all_of(recording_));
}

TEST_F(Capsule, TellsItsClaimAsFacts) {
  CapsuleRequest request = whole_of(recording_);
  request.engine = {"xsnap", std::string(64, 'e'), "xsnap 1", "xsnap-2024", "from npm"};
  request.verdict = {"crashed", 5, "SIGSEGV-1234", "crashed at step 5: SIGSEGV"};
  request.replay_options = {"--memory-limit", "1500MB"};
  request.notes = {"shrunk", "twice \x1b[31m"};
  const auto capsule = open_recording(pack(request));
  const auto& facts = capsule->info().facts;
  const auto has = [&](const std::string& name, const std::string& part) {
    return std::any_of(facts.begin(), facts.end(), [&](const auto& fact) {
      return fact.first == name && fact.second.find(part) != std::string::npos;
    });
  };
  EXPECT_TRUE(has("engine", "xsnap 1"));
  EXPECT_TRUE(has("expected", "crashed at step 5: SIGSEGV"));
  EXPECT_TRUE(has("signature", "SIGSEGV-1234"));
  EXPECT_TRUE(has("replayOptions", "--memory-limit 1500MB"));
  EXPECT_TRUE(has("note2", "twice \\x1B[31m") || has("note2", "twice \\x1b[31m"));
  ASSERT_NE(capsule->claim(), nullptr);
  EXPECT_EQ(capsule->claim()->verdict->step, 5U);
}

TEST_F(Capsule, KeepsWhatTellsFindingsApart) {
  CapsuleRequest request = whole_of(recording_);
  request.verdict = {"diverged", 5, "", "diverged at step 5", "", "fact", "state_root", 4};
  const auto differs = open_recording(pack(request));
  EXPECT_EQ(differs->claim()->verdict->field, "fact");
  EXPECT_EQ(differs->claim()->verdict->fact, "state_root");
  EXPECT_EQ(differs->claim()->verdict->call, 4U);
  request.verdict = {"limit", 5, "", "limit at step 5", "step-wall"};
  request.replace_existing = true;
  const auto limited = open_recording(pack(request));
  EXPECT_EQ(limited->claim()->verdict->limit, "step-wall");
  EXPECT_EQ(limited->claim()->verdict->field, "");
  EXPECT_EQ(limited->claim()->verdict->call, std::nullopt);
}

TEST_F(Capsule, NeverReplacesAFileUnasked) {
  const fs::path file = pack(whole_of(recording_));
  const std::string before = read_bytes(file);
  write_bytes(file, "precious");
  CapsuleRequest request = whole_of(recording_);
  EXPECT_EQ(error_of([&] { pack(request); }).code(), ErrorCode::kUsage);
  EXPECT_EQ(read_bytes(file), "precious");
  request.replace_existing = true;
  pack(request);
  EXPECT_TRUE(read_bytes(file) == before);
  fs::create_directory(scratch_.path() / "directory");
  EXPECT_EQ(error_of([&] { pack(request, "directory"); }).code(), ErrorCode::kUsage);
  EXPECT_EQ(files(), 2U);
}

TEST_F(Capsule, LeavesNothingWhenTheRecordingFails) {
  recording_.fake().damage(6);
  EXPECT_EQ(error_of([&] { pack(whole_of(recording_)); }).code(), ErrorCode::kInvalidData);
  EXPECT_EQ(files(), 0U);
}

TEST_F(Capsule, RefusesARecordingThatSkipsAStep) {
  recording_.fake().skip_number(6);
  const Error error = error_of([&] { pack(whole_of(recording_)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
  EXPECT_THAT(error.what(), HasSubstr("step 6 was due"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(Capsule, LeavesNothingOnAFullDisk) {
  recording_.heap(8, 1 << 20);
  CapsuleRequest request = whole_of(recording_);
  request.more_checkpoints = {recording_.checkpoints("v1").back()};
  const auto whole = fs::file_size(pack(request, "whole.crank"));
  const auto old_action = ::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ::getrlimit(RLIMIT_FSIZE, &old_limit);
  std::vector<std::string> codes;
  for (const uint64_t room : {uint64_t{0}, uint64_t{5000}, uint64_t{9000}, whole / 2, whole - 1}) {
    const rlimit limit{room, old_limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Error error = error_of([&] { pack(request); });
    ::setrlimit(RLIMIT_FSIZE, &old_limit);
    EXPECT_EQ(error.code(), ErrorCode::kIo) << room;
    EXPECT_THAT(error.what(), HasSubstr("File too large")) << room;
    EXPECT_EQ(files(), 1U) << room;
  }
  ::signal(SIGXFSZ, old_action);
}

TEST_F(Capsule, IsReadInPlaceWithoutATrace) {
  recording_.heap(8, 1000);
  CapsuleRequest request = whole_of(recording_);
  request.more_checkpoints = {recording_.checkpoints("v1").back()};
  const fs::path file = pack(request);
  fs::permissions(file, fs::perms::owner_read);
  const auto before = evidence_state(scratch_.path());
  const auto capsule = open_recording(file);
  (void)all_of(*capsule);
  (void)capsule->verify({});
  EXPECT_EQ(evidence_state(scratch_.path()), before);
}

TEST_F(Capsule, IsFoundPackedAndInDirectories) {
  const fs::path file = pack(whole_of(recording_));
  const std::string expected = all_of(*open_recording(file));
  EXPECT_EQ(all_of(*open_recording(scratch_.path())), expected);
  const auto run = [&](const std::vector<std::string>& words) { ASSERT_EQ(run_program(words), 0); };
  const std::string directory = scratch_.path().string();
  run({"gzip", "-k", file.string()});
  EXPECT_EQ(all_of(*open_recording(file.string() + ".gz")), expected);
  run({"zstd", "-q", "-k", file.string()});
  EXPECT_EQ(all_of(*open_recording(file.string() + ".zst")), expected);
  run({"tar", "-C", directory, "-cf", directory + "/x.tar", "x.crank"});
  const auto packed = open_recording(scratch_.path() / "x.tar");
  EXPECT_EQ(all_of(*packed), expected);
  EXPECT_NE(packed->claim(), nullptr);
}

TEST_F(Capsule, IsStillOneAfterLiblmdbCopiedIt) {
  const fs::path file = pack(whole_of(recording_));
  MDB_env* env = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_open(env, file.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0), 0);
  const fs::path copied = scratch_.path() / "copy";
  ASSERT_EQ(mdb_env_copy(env, copied.c_str()), 0);
  mdb_env_close(env);
  const auto copy = open_recording(copied);
  EXPECT_EQ(copy->info().kind, "capsule");
  EXPECT_EQ(all_of(*copy), all_of(recording_));
}

TEST_F(Capsule, NamesTheStepsItHasWhenAskedForOthers) {
  const auto capsule = open_recording(pack(whole_of(recording_)));
  EXPECT_THAT(error_of([&] {
                (void)capsule->steps("v1", {5, 99});
              }).what(),
              HasSubstr("held: 0..10"));
  EXPECT_EQ(error_of([&] { (void)capsule->steps("v2", {0, 1}); }).code(), ErrorCode::kUsage);
}

}  // namespace capsule_test
}  // namespace recrank
