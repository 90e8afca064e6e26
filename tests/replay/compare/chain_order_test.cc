#include "replay/compare/chain_order.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace chain_order_test {

constexpr uint64_t kCranksPerBlock = 10;

FakeStep in_crank(uint64_t crank) {
  FakeStep step;
  step.crank = crank;
  step.block = 1000 + crank / kCranksPerBlock;
  step.calls = {{R"(["vatstoreGet","k"])"}};
  return step;
}

// v2 in the even cranks from 2 on, v10 in the odd ones from 3 on: 20 deliveries to each.
FakeRecording chain() {
  FakeRecording recording;
  recording.vat("v1");
  for (uint64_t crank = 2; crank < 42; ++crank) {
    recording.vat(crank % 2 == 0 ? "v2" : "v10").add(in_crank(crank));
  }
  return recording;
}

// As a database has it.
FakeRecording without_places(FakeRecording recording) {
  for (const char* id : {"v2", "v10"}) {
    recording.vat(id);
    for (uint64_t n = 0; n < 20; ++n) {
      recording.step(n).crank.reset();
      recording.step(n).block.reset();
    }
  }
  return recording;
}

struct Ordered {
  CompareResult result;
  ChainOrder order;
};

Ordered ordered(const FakeRecording& a, const FakeRecording& b,
                std::vector<const Recording*> logs = {}) {
  Ordered out;
  out.result = compare_recordings(a, b, {}, {});
  std::vector<const Recording*> placing{&a, &b};
  placing.insert(placing.end(), logs.begin(), logs.end());
  out.order = order_by_chain(out.result, placing, {});
  return out;
}

std::string number(const std::optional<uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

// "v10 step 3 computrons b1000 c9"
std::string first(const Ordered& found) {
  if (!found.order.earliest) return "unknown";
  const SubjectComparison& subject = found.result.subjects.at(*found.order.earliest);
  return subject.subject_id + " step " + std::to_string(subject.first->step.in_a) + " " +
         std::string(field_name(*subject.first)) + " b" + number(subject.first->block) + " c" +
         number(subject.first->crank);
}

// "6 deliveries of 2 vats in 6 cranks 2..7, blocks 1000..1000"
std::string agreed(const ChainOrder& order) {
  const HistoryExtent& extent = order.agreed;
  std::string text = std::to_string(extent.deliveries) + " deliveries of " +
                     std::to_string(order.agreed_vats) + " vats";
  if (extent.crank_range) {
    text += " in " + std::to_string(extent.cranks) + " cranks " +
            std::to_string(extent.crank_range->begin) + ".." +
            std::to_string(extent.crank_range->end - 1);
  }
  if (extent.block_range) {
    text += ", blocks " + std::to_string(extent.block_range->begin) + ".." +
            std::to_string(extent.block_range->end - 1);
  }
  return text;
}

TEST(ChainOrder, TheEarlierCrankWinsThoughItsVatSortsLater) {
  FakeRecording b = chain();
  b.vat("v2").step(9).computrons = 7;   // crank 20
  b.vat("v10").step(3).computrons = 7;  // crank 9
  const Ordered found = ordered(chain(), b);
  EXPECT_EQ(first(found), "v10 step 3 computrons b1000 c9");
  EXPECT_EQ(agreed(found.order), "7 deliveries of 2 vats in 7 cranks 2..8, blocks 1000..1000");
  EXPECT_EQ(found.order.unplaced, 0U);
}

TEST(ChainOrder, CountsNothingAsAgreedThatCameAfterTheFirstDifference) {
  FakeRecording b = chain();
  b.vat("v2").step(0).computrons = 7;  // crank 2, the very first
  const Ordered found = ordered(chain(), b);
  EXPECT_EQ(first(found), "v2 step 0 computrons b1000 c2");
  EXPECT_EQ(agreed(found.order), "0 deliveries of 0 vats");
}

TEST(ChainOrder, OfEqualRecordingsIsAllThatWasCompared) {
  const Ordered found = ordered(chain(), chain());
  EXPECT_EQ(first(found), "unknown");
  EXPECT_EQ(agreed(found.order), "40 deliveries of 2 vats in 40 cranks 2..41, blocks 1000..1004");
}

// Each field in turn, at step 5 of v10, which is crank 13.
TEST(ChainOrder, EveryFieldIsFoundAtItsBlockAndCrank) {
  const auto planted = [](auto change) {
    FakeRecording a = chain();
    FakeRecording b = chain();
    change(a.vat("v10"), b.vat("v10"));
    return first(ordered(a, b));
  };
  using Side = FakeRecording;
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).delivery = R"(["notify"])"; }),
            "v10 step 5 delivery b1001 c13");
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).calls[0].call = R"(["send"])"; }),
            "v10 step 5 syscall wrong b1001 c13");
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).calls.push_back({R"(["send"])"}); }),
            "v10 step 5 syscall extra b1001 c13");
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).calls.clear(); }),
            "v10 step 5 syscall missing b1001 c13");
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).calls[0].answer = R"(["ok",1])"; }),
            "v10 step 5 answer b1001 c13");
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).status = RecordedStatus::kFailed; }),
            "v10 step 5 result b1001 c13");
  EXPECT_EQ(planted([](Side&, Side& b) { b.step(5).computrons = 7; }),
            "v10 step 5 computrons b1001 c13");
  EXPECT_EQ(planted([](Side& a, Side& b) {
              for (Side* side : {&a, &b}) {
                FakeStep save = FakeStep::save(side == &a ? "aa" : "bb");
                save.crank = 41;
                side->add(save);
              }
            }),
            "v10 step 20 snapshot-hash b- c41");
}

TEST(ChainOrder, TheSameStepInAnotherCrankOrBlockIsADifferenceAtTheEarlierOne) {
  FakeRecording b = chain();
  b.vat("v2").step(4).crank = 12;  // 10 in A
  EXPECT_EQ(first(ordered(chain(), b)), "v2 step 4 crank b1001 c10");
  FakeRecording c = chain();
  c.vat("v2").step(4).block = 1000;
  EXPECT_EQ(first(ordered(chain(), c)), "v2 step 4 block b1000 c10");
  CompareRequest narrowed;
  narrowed.compare.facts = false;
  EXPECT_EQ(compare_recordings(chain(), b, narrowed, {}).kind, VerdictKind::kClean);
}

TEST(ChainOrder, OneSideThatKnowsPlacesIsEnough) {
  FakeRecording b = without_places(chain());
  b.vat("v2").step(9).computrons = 7;
  b.vat("v10").step(3).computrons = 7;
  for (const Ordered& found : {ordered(chain(), b), ordered(b, chain())}) {
    EXPECT_EQ(first(found), "v10 step 3 computrons b1000 c9");
    EXPECT_EQ(agreed(found.order), "7 deliveries of 2 vats in 7 cranks 2..8, blocks 1000..1000");
  }
}

TEST(ChainOrder, ALogBesideTwoDatabasesSaysWhereTheirStepsStand) {
  const FakeRecording a = without_places(chain());
  FakeRecording b = a;
  b.vat("v2").step(9).computrons = 7;
  b.vat("v10").step(3).computrons = 7;
  const FakeRecording log = chain();
  const Ordered found = ordered(a, b, {&log});
  EXPECT_EQ(first(found), "v10 step 3 computrons b1000 c9");
  EXPECT_EQ(agreed(found.order), "7 deliveries of 2 vats in 7 cranks 2..8, blocks 1000..1000");
}

TEST(ChainOrder, IsUnknownWhereSeveralDifferAndNobodySaysWhere) {
  const FakeRecording a = without_places(chain());
  FakeRecording b = a;
  b.vat("v2").step(9).computrons = 7;
  b.vat("v10").step(3).computrons = 7;
  const Ordered found = ordered(a, b);
  EXPECT_EQ(first(found), "unknown");
  EXPECT_EQ(found.order.unplaced, 2U);
  EXPECT_EQ(found.order.agreed.deliveries, 0U);
}

TEST(ChainOrder, TheOnlyDifferenceIsTheFirstWhereverItStands) {
  const FakeRecording a = without_places(chain());
  FakeRecording b = a;
  b.vat("v10").step(3).computrons = 7;
  const Ordered found = ordered(a, b);
  EXPECT_EQ(first(found), "v10 step 3 computrons b- c-");
  EXPECT_EQ(agreed(found.order), "3 deliveries of 1 vats");
  EXPECT_EQ(found.order.unknown_vats, 1U);
}

TEST(ChainOrder, ALogOfAnotherChainPlacesNothing) {
  const FakeRecording a = without_places(chain());
  FakeRecording b = a;
  b.vat("v2").step(9).computrons = 7;
  b.vat("v10").step(3).computrons = 7;
  FakeRecording foreign = chain();
  foreign.vat("v2").step(9).delivery = R"(["message","o+0","of another chain"])";
  foreign.vat("v10").step(3).delivery = R"(["message","o+0","of another chain"])";
  EXPECT_EQ(first(ordered(a, b, {&foreign})), "unknown");
}

TEST(ChainOrder, ALogThatIsDamagedOrTooShortLeavesAPlaceUnknownAndSaysSo) {
  const FakeRecording a = without_places(chain());
  FakeRecording b = a;
  b.vat("v2").step(9).computrons = 7;
  b.vat("v10").step(3).computrons = 7;
  FakeRecording damaged = chain();
  damaged.vat("v2").damage(9);
  const Ordered found = ordered(a, b, {&damaged});
  EXPECT_EQ(first(found), "v10 step 3 computrons b1000 c9");
  EXPECT_EQ(found.order.unplaced, 1U);
  FakeRecording late = chain();
  late.vat("v2").drop({0, 20}).vat("v10").drop({0, 20});
  EXPECT_EQ(first(ordered(a, b, {&late})), "unknown");
}

TEST(ChainOrder, ALogThatBeganLaterPlacesTheDifferenceButNotAllThatAgrees) {
  const FakeRecording a = without_places(chain());
  FakeRecording b = a;
  b.vat("v10").step(9).computrons = 7;  // crank 21
  FakeRecording late = chain();
  late.vat("v2").drop({0, 5}).vat("v10").drop({0, 5});
  const Ordered found = ordered(a, b, {&late});
  EXPECT_EQ(first(found), "v10 step 9 computrons b1002 c21");
  EXPECT_EQ(agreed(found.order), "9 deliveries of 1 vats");
  EXPECT_EQ(found.order.unknown_vats, 1U);
}

TEST(ChainOrder, SeveralDeliveriesOfOneCrankAreOneCrank) {
  FakeRecording a = chain();
  a.vat("v2").add(in_crank(42)).add(in_crank(42)).add(in_crank(43));
  const Ordered found = ordered(a, a);
  EXPECT_EQ(agreed(found.order), "43 deliveries of 2 vats in 42 cranks 2..43, blocks 1000..1004");
}

TEST(ChainOrder, OfNothingInCommonIsNothing) {
  FakeRecording other;
  other.vat("v7").add_deliveries(2);
  const Ordered found = ordered(chain(), other);
  EXPECT_EQ(found.result.kind, VerdictKind::kUnjudged);
  EXPECT_EQ(first(found), "unknown");
  EXPECT_EQ(agreed(found.order), "0 deliveries of 0 vats");
}

}  // namespace chain_order_test
}  // namespace recrank
