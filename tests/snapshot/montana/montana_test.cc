#include "snapshot/montana/montana.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/montana/montana_state.h"
#include "snapshot/open/open_recording.h"
#include "tests/snapshot/montana/montana_fixture.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/montana_generator.h"
#include "tests/support/snapshot/shared_data.h"

namespace recrank::montana {
namespace montana_test {

class Montana : public MontanaDirectory {};

using montana::Table;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// What reading all that is held comes to: "3 windows", or the Error's text.
std::string read_all(const Recording& recording) {
  uint64_t windows = 0;
  try {
    Step step;
    for (const StepRange range : recording.subjects().front().held) {
      const auto stream = recording.steps("node", range);
      while (stream->next(step)) ++windows;
    }
  } catch (const Error& error) {
    return error.what();
  }
  return std::to_string(windows) + " windows";
}

TEST_F(Montana, DirectoryIsARecordingOfItsWindows) {
  MontanaGenerator(place()).run(4).save();
  const auto recording = open();
  EXPECT_EQ(recording->info().kind, "montana");
  EXPECT_EQ(recording->info().dialect, kMontanaDialect);
  ASSERT_EQ(recording->subjects().size(), 1U);
  const Subject& subject = recording->subjects().front();
  EXPECT_EQ(subject.id, "node");
  EXPECT_EQ(subject.kind, "node");
  ASSERT_EQ(subject.held.size(), 1U);
  EXPECT_EQ(subject.held.front(), (StepRange{1, 5}));
  EXPECT_EQ(fact(*recording, "state"), "whole at window 4");
  EXPECT_EQ(fact(*recording, "D"), "3");
  EXPECT_EQ(damage(*recording), "");
  EXPECT_EQ(read_all(*recording), "4 windows");
}

TEST_F(Montana, WindowIsAStepWithTheFieldsOfItsHeaderInTheOrderOfWhatTheySay) {
  MontanaGenerator(place()).run(3).save();
  const auto recording = open();
  Step step;
  const auto stream = recording->steps("node", {3, 4});
  ASSERT_TRUE(stream->next(step));
  EXPECT_EQ(step.number, 3U);
  EXPECT_EQ(step.delivery, read_bytes(place() / "proposals/00000000000000000003.bin"));
  EXPECT_TRUE(step.facts_tell_delivery);
  EXPECT_THAT(std::string(step.summary),
              AllOf(HasSubstr("window 3: winner "), HasSubstr("2 confirmers")));
  std::string consensus;
  std::string local;
  for (const NamedFact& each : step.facts) {
    (each.local ? local : consensus) += std::string(each.name) + " ";
    EXPECT_THAT(std::string(each.value), Not(IsEmpty())) << each.name;
  }
  EXPECT_EQ(
      consensus,
      "node_root candidate_root account_root state_root t_r winner_id winner_endpoint bundles_root "
      "reveals_root control_root target confirmers version ");
  EXPECT_EQ(local, "prev_proposal_hash proposer signature fallback_depth bundles ");
  EXPECT_FALSE(stream->next(step));
}

TEST_F(Montana, TablesThatOneHeaderBearsOutAreACheckpointBehindIt) {
  MontanaGenerator(place()).run(4).save().run(3);
  const auto recording = open();
  const auto checkpoints = recording->checkpoints("node");
  ASSERT_EQ(checkpoints.size(), 1U);
  EXPECT_EQ(checkpoints.front().label(), "tables@5");
  EXPECT_EQ(checkpoints.front().only_when_asked, "") << "later proposals are no tear";
  EXPECT_EQ(recording->subjects().front().not_replayable, "");
  const UniqueFd packed =
      recording->open_snapshot("node", checkpoints.front(), SnapshotTrust::kHash);
  EXPECT_EQ(file_size(packed.get(), "packed"), checkpoints.front().size_bytes);
  const auto head = montana::read_packed_head(packed.get(), "packed");
  EXPECT_EQ(head.window, 4U);
  EXPECT_EQ(head.clock_hashes, 3U);
  EXPECT_TRUE(head.clock_before);
  EXPECT_EQ(head.count(Table::kNodes), 3U);
  EXPECT_EQ(head.count(Table::kAccounts), 4U);
}

TEST_F(Montana, DirectoryWithoutALaterWindowSaysWhatIsNeeded) {
  MontanaGenerator(place()).run(4).save();
  EXPECT_THAT(open()->subjects().front().not_replayable,
              AllOf(HasSubstr("stand at window 4"), HasSubstr("--checkpoint DIR")));
}

// ---- what a killed node leaves ----

TEST_F(Montana, TornWithTablesAWindowBehindIsUsedOnlyWhenAsked) {
  MontanaGenerator(place()).run(5).save().run(1).save_current_window(6).save_last_cemented(6);
  const auto recording = open();
  EXPECT_THAT(fact(*recording, "state"),
              AllOf(HasSubstr("the tables are 1 window behind last_cemented 6 (at 5)"),
                    HasSubstr("the clock is behind (at 5)")));
  const Checkpoint checkpoint = recording->checkpoints("node").at(0);
  EXPECT_EQ(checkpoint.next_step, 6U);
  EXPECT_THAT(checkpoint.only_when_asked,
              AllOf(HasSubstr("the last consistent window is 5"), HasSubstr("--from 6")));
  EXPECT_EQ(damage(*recording), "") << "torn is not damaged";
}

TEST_F(Montana, TornBetweenItsCountersIsNamed) {
  MontanaGenerator(place()).run(5).save().save_current_window(6);
  EXPECT_EQ(fact(*open(), "state"),
            "torn: current_window 6 is ahead of last_cemented 5; the clock is behind (at 5)");
}

TEST_F(Montana, TornWithoutTheProposalOfACementedWindowIsNamed) {
  MontanaGenerator(place()).run(6).save().forget_proposals({6, 7});
  const auto recording = open();
  EXPECT_THAT(
      fact(*recording, "state"),
      AllOf(HasSubstr("of no window: nodes.bin is of no window that is held"),
            HasSubstr("window 6 is cemented, but its proposal is not there (the last is 5)")));
  MontanaGenerator(place("b")).run(5).save().save_current_window(6).save_last_cemented(6);
  const auto other = open_recording(place("b"));
  EXPECT_THAT(fact(*other, "state"),
              HasSubstr("window 6 is cemented, but its proposal is not there (the last is 5)"));
  // So a replay with other tables says that it does not cover it.
  ASSERT_EQ(other->subjects().front().missing.size(), 1U);
  EXPECT_EQ(other->subjects().front().missing[0].steps, (StepRange{6, 7}));
}

TEST_F(Montana, TornWithTheClockAloneBehindIsNamed) {
  MontanaGenerator generator(place());
  generator.run(5).save_clock().run(1);
  for (const Table table : montana::kTables) generator.save_table(table);
  generator.save_current_window(6).save_last_cemented(6);
  EXPECT_EQ(fact(*open(), "state"), "torn: the clock is behind (at 5)");
}

TEST_F(Montana, TablesOfDifferentWindowsAreNoCheckpointAndEachIsNamed) {
  MontanaGenerator generator(place());
  generator.run(5).save().run(1).save_table(Table::kAccounts);
  const auto recording = open();
  EXPECT_THAT(recording->checkpoints("node"), IsEmpty());
  EXPECT_THAT(
      recording->subjects().front().not_replayable,
      AllOf(HasSubstr("nodes.bin is of window 5"), HasSubstr("accounts.bin is of window 6")));
  EXPECT_THAT(damage(*recording), HasSubstr("of no window"));
}

TEST(MontanaTears, AreNoneWhereNothingIsKnown) {
  EXPECT_THAT(montana::tears({}), IsEmpty());
  EXPECT_THAT(montana::tears({.current_window = 4, .tables = 4}), IsEmpty());
  EXPECT_THAT(
      montana::tears(
          {.current_window = 4, .last_cemented = 4, .clock = 4, .last_proposal = 9, .tables = 4}),
      IsEmpty());
  EXPECT_EQ(
      montana::tears({.current_window = 3, .last_cemented = 4, .clock = 5, .tables = 6}).size(),
      3U);
}

// ---- damage ----

TEST_F(Montana, FlippedByteInATableIsOfNoWindow) {
  MontanaGenerator(place()).run(5).save().run(2);
  flip_bits(place() / "nodes.bin", 2500);
  const auto recording = open();
  EXPECT_THAT(recording->checkpoints("node"), IsEmpty());
  EXPECT_THAT(recording->subjects().front().not_replayable,
              AllOf(HasSubstr("nodes.bin is of no window that is held"),
                    HasSubstr("accounts.bin is of window 5")));
}

TEST_F(Montana, FlippedByteInTheClockIsDamageAndNotADivergence) {
  MontanaGenerator(place()).run(5).save().run(2);
  flip_bits(place() / "meta/timechain.bin", 9);
  const auto recording = open();
  EXPECT_THAT(damage(*recording),
              AllOf(HasSubstr("meta/timechain.bin"), HasSubstr("t_r of window 5")));
  EXPECT_THAT(damage(*recording, {"node", StepRange{5, 6}, VerifyParts::kHeaps}),
              HasSubstr("timechain"));
  EXPECT_EQ(damage(*recording, {"node", StepRange{6, 8}, VerifyParts::kAllButHeaps}), "");
}

TEST_F(Montana, EveryByteOfAHeaderThatALinkCoversIsVouchedFor) {
  MontanaGenerator(place()).run(5).save().run(2);
  for (const size_t at :
       {size_t{0}, size_t{50}, size_t{100}, size_t{180}, size_t{210}, size_t{340}, size_t{412}}) {
    const auto file = place() / "proposals/00000000000000000006.bin";
    flip_bits(file, at);
    EXPECT_THAT(damage(*open()), HasSubstr("prev_proposal_hash")) << "byte " << at;
    flip_bits(file, at);
  }
  EXPECT_EQ(damage(*open()), "");
}

TEST_F(Montana, TheWindowBehindARangeVouchesForItsLast) {
  MontanaGenerator(place()).run(5).save().run(2);
  const auto file = place() / "proposals/00000000000000000006.bin";
  flip_bits(file, montana::kRevealsRoot);  // which is under nothing but the link
  const VerifyScope ends_there{"node", StepRange{6, 7}};
  EXPECT_THAT(damage(*open(), ends_there),
              HasSubstr("00000000000000000007.bin: its prev_proposal"));
  flip_bits(file, montana::kRevealsRoot);
  fs::resize_file(place() / "proposals/00000000000000000007.bin", 4000);
  const auto report = open()->verify(ends_there);
  EXPECT_TRUE(report.damage.empty());
  EXPECT_THAT(report.uncovered.at(0), HasSubstr("the window that links to it is damaged"));
}

TEST_F(Montana, RootsThatDoNotMakeTheStateRootAreDamage) {
  MontanaGenerator(place()).run(5).save();
  flip_bits(place() / "proposals/00000000000000000005.bin", montana::kStateRoot);
  EXPECT_THAT(damage(*open()), HasSubstr("its table roots make the state root"));
}

TEST_F(Montana, TruncatedFilesAreNamedWithTheirPlace) {
  MontanaGenerator(place()).run(5).save();
  fs::resize_file(place() / "proposals/00000000000000000003.bin", 4000);
  fs::resize_file(place() / "accounts.bin", 2000);
  fs::resize_file(place() / "meta/current_window.bin", 5);
  const auto recording = open();
  EXPECT_THAT(read_all(*recording), AllOf(HasSubstr("00000000000000000003.bin"),
                                          HasSubstr("cut off"), HasSubstr("of 4000")));
  EXPECT_THAT(recording->subjects().front().not_replayable,
              HasSubstr("accounts.bin: 2000 bytes are no whole number of records of 2059"));
  EXPECT_THAT(damage(*recording),
              AllOf(HasSubstr("00000000000000000003.bin"), HasSubstr("meta/current_window.bin")));
}

// Whether its tables are those of a node that stood still nobody knows then.
TEST_F(Montana, DamagedCountersAreDamageOfTheStateThatAReplayBeginsWith) {
  const VerifyScope begins_there{"node", StepRange{5, 6}, VerifyParts::kHeaps};
  const std::pair<const char*, size_t> places[] = {
      {"meta/current_window.bin", 0},
      {"meta/current_window.bin", montana::kMetaVersion},
      {"meta/current_window.bin", 15},
      {"meta_last_cemented.bin", 7}};
  MontanaGenerator(place()).run(5).save().run(2);
  for (const auto& [name, at] : places) {
    const std::string sound = read_bytes(place() / name);
    flip_bits(place() / name, at, 0x80);
    EXPECT_THAT(damage(*open(), begins_there), HasSubstr(name)) << at;
    write_bytes(place() / name, sound);
  }
  EXPECT_EQ(damage(*open(), begins_there), "");
}

TEST_F(Montana, ADThatNobodyCouldCountToIsNotTried) {
  MontanaGenerator(place()).run(5).save();
  flip_bits(place() / "meta/timechain.bin", montana::kClockFileHashes + 5, 2);
  EXPECT_EQ(fact(*open(), "D"), "unknown");
  EXPECT_THAT(damage(*open()), HasSubstr("is beyond any"));
}

TEST_F(Montana, AClockOfAnotherVersionIsNotRead) {
  MontanaGenerator(place()).run(5).save();
  flip_bits(place() / "meta/timechain.bin", montana::kMetaVersion);
  EXPECT_EQ(fact(*open(), "D"), "unknown");
  EXPECT_THAT(damage(*open()), HasSubstr("are no clock"));
}

TEST_F(Montana, EmptyProposalIsNamedAndAGapSplitsWhatIsHeld) {
  MontanaGenerator(place()).run(6).save().forget_proposals({3, 4});
  fs::resize_file(place() / "proposals/00000000000000000005.bin", 0);
  const auto recording = open();
  const auto& held = recording->subjects().front().held;
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held[0], (StepRange{1, 3}));
  EXPECT_EQ(held[1], (StepRange{4, 7}));
  EXPECT_THAT(read_all(*recording), HasSubstr("the header is cut off: byte 0 of 0"));
  EXPECT_THROW(static_cast<void>(recording->steps("node", {2, 5})), Error);
}

TEST_F(Montana, ProposalUnderAnotherWindowsNameIsDamage) {
  MontanaGenerator(place()).run(4).save();
  fs::copy_file(place() / "proposals/00000000000000000002.bin",
                place() / "proposals/00000000000000000009.bin");
  EXPECT_THAT(read_all(*open()), HasSubstr("the header is of window 2, not of 9"));
}

TEST_F(Montana, TableWithOneIdTwiceIsNamed) {
  MontanaGenerator(place()).run(4).save();
  const std::string nodes = read_bytes(place() / "nodes.bin");
  write_bytes(place() / "nodes.bin", nodes + nodes.substr(0, montana::kNodeBytes));
  EXPECT_THAT(open()->subjects().front().not_replayable,
              HasSubstr("record 3 has the id of an earlier one"));
}

TEST_F(Montana, ForeignAndMissingMetaFilesAreNamed) {
  MontanaGenerator(place()).run(4).save();
  write_bytes(place() / "meta/timechain.bin", std::string(80, 'x'));
  fs::remove(place() / "meta_last_cemented.bin");
  const auto recording = open();
  EXPECT_THAT(
      notes(*recording),
      AllOf(HasSubstr("meta/timechain.bin: 80 bytes that begin with 78787878 78 are no clock"),
            HasSubstr("meta_last_cemented.bin is missing")));
  EXPECT_EQ(fact(*recording, "D"), "unknown");
}

TEST_F(Montana, TablesThatChangeUnderItsHandsAreRefused) {
  MontanaGenerator(place()).run(4).save();
  const auto recording = open();
  flip_bits(place() / "nodes.bin", 100);
  EXPECT_THROW(static_cast<void>(recording->open_snapshot(
                   "node", recording->checkpoints("node").at(0), SnapshotTrust::kHash)),
               Error);
}

// ---- finding it ----

TEST_F(Montana, IsFoundBelowAParentAndInAnArchiveWithoutItsKeys) {
  MontanaGenerator(place("home/var/montana")).run(3).save();
  EXPECT_EQ(open_recording(place("home"))->info().evidence, "var/montana");
  std::vector<ArchiveMember> members;
  for (const auto& entry : fs::recursive_directory_iterator(place("home"))) {
    if (!entry.is_regular_file()) continue;
    members.push_back(
        {entry.path().lexically_relative(place("home")).string(), read_bytes(entry.path())});
  }
  write_archive(place("node.tar.gz"), "gnutar", "gzip", members);
  const fs::path unpacked = place("unpacked");
  fs::create_directory(unpacked);
  ::setenv("TMPDIR", unpacked.c_str(), 1);
  const auto recording = open_recording(place("node.tar.gz"));
  ::unsetenv("TMPDIR");
  EXPECT_EQ(fact(*recording, "state"), "whole at window 3");
  EXPECT_EQ(read_all(*recording), "3 windows");
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(unpacked)) {
    if (entry.is_regular_file() && entry.path().extension() != ".lock") ++files;
    EXPECT_NE(entry.path().filename(), "identity.bin");
  }
  EXPECT_EQ(files, members.size() - 1);
}

TEST_F(Montana, SecretKeysAreNeverOpenedAndNothingIsChanged) {
  MontanaGenerator(place()).run(3).save();
  fs::remove(place() / "identity.bin");
  ASSERT_EQ(::mkfifo((place() / "identity.bin").c_str(), 0600),
            0);  // opening it would wait forever
  const auto recording = open();
  EXPECT_EQ(damage(*recording), "");
  fs::remove(place() / "identity.bin");
  const auto before = evidence_state(place());
  static_cast<void>(damage(*open()));
  EXPECT_EQ(evidence_state(place()), before);
}

TEST_F(Montana, IsStillRecognisedWithHalfOfItGone) {
  MontanaGenerator(place()).run(3).save();
  fs::remove_all(place() / "meta");
  fs::remove(place() / "candidates.bin");
  EXPECT_THAT(open()->subjects().front().not_replayable, HasSubstr("candidates.bin is missing"));
  fs::remove(place() / "nodes.bin");
  EXPECT_THROW(static_cast<void>(open()), Error) << "proposals alone may be anything";
}

TEST_F(Montana, UnknownSubjectIsAWrongCall) {
  MontanaGenerator(place()).run(3).save();
  EXPECT_THROW(static_cast<void>(open()->checkpoints("v1")), Error);
}

// ---- recorded ones ----

TEST(MontanaRecorded, DirectoriesAreWhatTheirChecksSaid) {
  const fs::path data = shared_data("montana");
  if (!fs::exists(data)) GTEST_SKIP() << "no recorded Montana directories at " << data;
  const auto state = [&](const char* name) { return fact(*open_recording(data / name), "state"); };
  EXPECT_EQ(state("snapshot-at-10"), "whole at window 10");
  EXPECT_EQ(state("solo20-uninterrupted"), "whole at window 20");
  EXPECT_EQ(state("solo20-restarted-at-10"), "whole at window 20");
  EXPECT_EQ(
      state("torn-disk-full"),
      "torn: window 3 is cemented, but its proposal is not there (the last is 2); the tables are 1 "
      "window behind last_cemented 3 (at 2); the clock is behind (at 2)");
  EXPECT_EQ(state("torn-tables-behind"),
            "torn: the tables are 1 window behind last_cemented 413 (at 412); the clock is behind "
            "(at 412)");
  for (const char* name :
       {"snapshot-at-10", "solo20-uninterrupted", "solo20-restarted-at-10", "torn-disk-full"}) {
    EXPECT_EQ(damage(*open_recording(data / name)), "") << name;
  }
  EXPECT_THAT(damage(*open_recording(data / "corrupt-timechain")), HasSubstr("meta/timechain.bin"));
}

}  // namespace montana_test
}  // namespace recrank::montana
