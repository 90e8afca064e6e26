// The end of a τ₂: what rotates, what is raised, and what is damage and no divergence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/replay/montana/montana_fixture.h"
#include "tests/support/snapshot/montana_generator.h"

namespace recrank::montana {
namespace montana_engine_test {

using montana::Table;
using testing::AllOf;
using testing::HasSubstr;

class MontanaEpoch : public ReplayedMontana {};

TEST_F(MontanaEpoch, PassesTheEndOfAnEpochWithItsCheckpointsAndItsD) {
  MontanaGenerator(place(), {.first_window = 20150, .clock_hashes = 1000}).run(5).save().run(10);
  const ReplayResult result = replayed();
  EXPECT_EQ(verdict_text(result.verdict), "clean") << result.verdict.reason;
  EXPECT_EQ(result.compared.facts, 10U * 7);
}

TEST_F(MontanaEpoch, BeginsAtTheEndOfAnEpoch) {
  MontanaGenerator(place(), {.first_window = 20150, .clock_hashes = 1000}).run(11).save().run(3);
  EXPECT_EQ(verdict_text(replayed().verdict), "clean");
}

TEST_F(MontanaEpoch, FindsCheckpointsThatWereNotRotated) {
  MontanaGenerator(place(), {.first_window = 20150, .rotates_checkpoints = false})
      .run(5)
      .save()
      .run(10);
  EXPECT_EQ(verdict_text(replayed().verdict), "diverged 20160: 20160 node_root, 20160 state_root");
}

TEST_F(MontanaEpoch, FindsAClockThatDivergesBehindTheEndOfAnEpoch) {
  MontanaTwist twist;
  twist.clock = sha256_digest({"another"});
  MontanaGenerator(place(), {.first_window = 20150, .clock_hashes = 1000})
      .run(5)
      .save()
      .run(6)
      .run(1, twist)
      .run(1);
  EXPECT_EQ(verdict_text(replayed().verdict), "diverged 20161: 20161 t_r");
}

TEST_F(MontanaEpoch, DThatANodeKeptAgainstTheRuleIsNeverADivergence) {
  const MontanaChain chain{.first_window = 20150, .clock_hashes = 1000, .clock_is_raised = false};
  MontanaGenerator(place(), chain).run(5).save().run(10);
  const Verdict crossing = replayed().verdict;
  EXPECT_EQ(crossing.kind, VerdictKind::kUnjudged);
  EXPECT_EQ(crossing.step, 20161U);
  EXPECT_THAT(crossing.reason, AllOf(HasSubstr("goes on with a D of 1000"),
                                     HasSubstr("raised to 1030"), HasSubstr("--d-test-override")));
  MontanaGenerator(place("behind"), chain).run(15).save().run(2);
  EXPECT_THAT(run(*open_recording(place("behind"))).verdict.reason,
              HasSubstr("goes on with a D of 1000"));
}

TEST_F(MontanaEpoch, DamagedDAtTheEndOfAnEpochIsNeverADivergence) {
  MontanaGenerator(place(), {.first_window = 20150, .clock_hashes = 1000}).run(11).save().run(3);
  flip_bits(place() / "meta/timechain.bin", kClockFileHashes, 4);
  const Verdict verdict = replayed().verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(verdict.reason, HasSubstr("its D is damaged"));
}

TEST_F(MontanaEpoch, DThatNothingProvesIsNeverADivergence) {
  MontanaGenerator(place()).run(4).save().run(3).forget_proposals({1, 4});
  flip_bits(place() / "meta/timechain.bin", kClockFileHashes, 4);
  const Verdict verdict = replayed().verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(verdict.reason, HasSubstr("nothing proves the D"));
}

TEST_F(MontanaEpoch, BundlesThatAreNotThoseOfTheHeaderAreDamageAndNotADivergence) {
  MontanaGenerator(place()).run(3).save().run(3);
  flip_bits(place() / "proposals/00000000000000000005.bin", kHeaderBytes + 2 + kIdBytes);
  const Verdict verdict = replayed().verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_EQ(verdict.step, 5U);
  EXPECT_THAT(verdict.reason, HasSubstr("its bundles make the bundles_root"));
}

TEST_F(MontanaEpoch, RefusesACheckpointBeyondItsChain) {
  MontanaGenerator generator(place(), {.first_window = 20150});
  std::string& nodes = generator.records(Table::kNodes);
  nodes[kNodeCheckpoints + 8 + 7] = '\x7f';  // the one that becomes the oldest
  generator.run(5).save().run(10);
  EXPECT_THAT(replayed().verdict.reason,
              HasSubstr("window 20160 uses a checkpoint beyond the chain of node"));
}

}  // namespace montana_engine_test
}  // namespace recrank::montana
