// The confirmation bundles behind a header, and what of a directory no hash vouches for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot/montana/montana_tables.h"
#include "tests/snapshot/montana/montana_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/montana_generator.h"

namespace recrank::montana {
namespace montana_test {

using testing::AllOf;
using testing::HasSubstr;

class MontanaBundles : public MontanaDirectory {};

constexpr size_t kFirstBundle = kHeaderBytes + 2;
constexpr size_t kSignedBytes = kBundleFixedBytes + 2 + 2 + sizeof(Digest);

TEST_F(MontanaBundles, EveryByteThatAConfirmerSignedIsUnderTheBundlesRoot) {
  MontanaGenerator(place()).run(5).save();
  const auto file = place() / "proposals/00000000000000000003.bin";
  for (size_t at = 0; at < kSignedBytes; at += 3) {
    flip_bits(file, kFirstBundle + at);
    EXPECT_NE(damage(*open()), "") << "byte " << at;
    flip_bits(file, kFirstBundle + at);
  }
  EXPECT_EQ(damage(*open()), "");
  EXPECT_EQ(open()->verify({}).bundles, 8U) << "two in each window but the first";
}

TEST_F(MontanaBundles, ClockOfTheLastHeaderIsVouchedForByTheBundlesOfItsWindow) {
  MontanaGenerator(place()).run(5).save();
  const auto file = place() / "proposals/00000000000000000005.bin";
  for (size_t at = 0; at < sizeof(Digest); at += 5) {
    flip_bits(file, kClockValue + at);
    EXPECT_THAT(damage(*open()), HasSubstr("but a bundle of the window itself says")) << at;
    flip_bits(file, kClockValue + at);
  }
  EXPECT_EQ(damage(*open()), "");
}

TEST_F(MontanaBundles, ClockOfALastHeaderWithoutBundlesOfItsWindowIsNotSaidToBeVouchedFor) {
  MontanaGenerator(place(), {.confirmers = 0}).run(3).save();
  EXPECT_THAT(uncovered(*open()), HasSubstr("header of window 3 but its roots: no later"));
}

TEST_F(MontanaBundles, EmptiedListOfConfirmersIsDamage) {
  MontanaGenerator(place()).run(5).save();
  const auto file = place() / "proposals/00000000000000000003.bin";
  const std::string bytes = read_bytes(file);
  const size_t list = 2 * (kSignedBytes + kSignatureBytes);
  write_bytes(file, bytes.substr(0, kHeaderBytes) + std::string(2, '\0') +
                        bytes.substr(kFirstBundle + list));
  EXPECT_THAT(damage(*open()), AllOf(HasSubstr("00000000000000000003.bin"),
                                     HasSubstr("its bundles of the window before make")));
}

TEST_F(MontanaBundles, ConfirmerThatIsThereTwiceIsDamageThoughTheRootIsThatOfOne) {
  MontanaTwist twist;
  twist.twice = true;
  MontanaGenerator(place()).run(3).run(1, twist).run(1).save();
  EXPECT_THAT(damage(*open()), HasSubstr("of one node twice"));
}

TEST_F(MontanaBundles, WhatNoHashVouchesForIsTold) {
  MontanaGenerator(place()).run(5).save();
  EXPECT_EQ(
      uncovered(*open()),
      "all of the header of window 5 but its roots and t_r: no later window links to it|"
      "signatures: they are not verified|"
      "the bundles of each window itself, but for the t_r that they hold: they are under no root|"
      "reveals_root: it is not computed|"
      "t_r: a replay computes it, here it is only linked|");
  fs::remove(place() / "proposals/00000000000000000002.bin");
  EXPECT_THAT(uncovered(*open()),
              AllOf(HasSubstr("header of window 1 but its roots and t_r"),
                    HasSubstr("the link of window 3: the header before it is not held")));
}

}  // namespace montana_test
}  // namespace recrank::montana
