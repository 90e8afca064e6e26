// Random histories with random edits: what was planted is found, where it was planted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace replay_property_test {

// SplitMix64: the same numbers with every compiler and library.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  // From 0 to `count` - 1.
  uint64_t roll(uint64_t count) {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (z ^ (z >> 31)) % count;
  }

 private:
  uint64_t state_;
};

enum class Calls { kAllDifferent, kRepeated };

std::string some_call(Dice& dice, Calls calls, uint64_t& serial) {
  const bool get = dice.roll(2) == 0;
  const uint64_t tag = calls == Calls::kAllDifferent ? serial++ : dice.roll(3);
  return std::string(get ? R"(["vatstoreGet","k)" : R"(["send","o-)") + std::to_string(tag) + "\"]";
}

FakeRecording random_history(Dice& dice, Calls calls, uint64_t& serial) {
  FakeRecording recording;
  const uint64_t steps = 1 + dice.roll(6);
  for (uint64_t s = 0; s < steps; ++s) {
    FakeStep step;
    for (uint64_t n = dice.roll(9); n > 0; --n) {
      step.calls.push_back({some_call(dice, calls, serial), R"(["ok","x"])"});
    }
    recording.add(step);
  }
  return recording;
}

// One change of what the engine does, and the divergence that it is.
struct Edit {
  uint64_t step = 0;
  Field field = Field::kSyscallExtra;
  size_t index = 0;
};

Edit plant(Dice& dice, Calls calls, uint64_t& serial, uint64_t steps, FakeEngine& engine) {
  Edit edit;
  edit.step = dice.roll(steps);
  FakeAct& act = engine.at(edit.step);
  const auto at = [&] { return act.calls.begin() + static_cast<ptrdiff_t>(edit.index); };
  switch (act.calls.empty() ? 2 + dice.roll(3) : dice.roll(5)) {
    case 0:
      edit.field = Field::kSyscallMissing;
      edit.index = dice.roll(act.calls.size());
      act.calls.erase(at());
      break;
    case 1: {
      edit.field = Field::kSyscallWrong;
      edit.index = dice.roll(act.calls.size());
      const std::string before = *at();
      while (*at() == before) *at() = some_call(dice, calls, serial);
      break;
    }
    case 2:
      edit.index = dice.roll(act.calls.size() + 1);
      act.calls.insert(at(), some_call(dice, calls, serial));
      break;
    case 3:
      edit.field = Field::kComputrons;
      act.computrons = *act.computrons + 1 + dice.roll(5);
      break;
    default: edit.field = Field::kResult; act.ok = false;
  }
  return edit;
}

bool is_syscall(Field field) { return field != Field::kComputrons && field != Field::kResult; }

// Where two lists of calls first differ.
size_t first_difference(const FakeStep& step, const FakeAct& act) {
  size_t k = 0;
  while (k < step.calls.size() && k < act.calls.size() && step.calls[k].call == act.calls[k]) ++k;
  return k;
}

template <typename Body>
void for_each_seed(uint64_t count, const Body& body) {
  const char* only = std::getenv("RECRANK_SEED");
  const uint64_t begin = only != nullptr ? std::strtoull(only, nullptr, 10) : 0;
  for (uint64_t seed = begin; seed < (only != nullptr ? begin + 1 : count); ++seed) {
    SCOPED_TRACE("RECRANK_SEED=" + std::to_string(seed));
    Dice dice(seed);
    body(dice);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ReplayProperty, APlantedDivergenceIsFoundAtItsStepAndNamedRight) {
  for_each_seed(2000, [](Dice& dice) {
    uint64_t serial = 0;
    FakeRecording recording = random_history(dice, Calls::kAllDifferent, serial);
    const uint64_t steps = recording.subject().held_count();
    FakeEngine engine(recording);
    const Edit edit = plant(dice, Calls::kAllDifferent, serial, steps, engine);
    const Verdict verdict = run_replay(recording, engine).verdict;
    ASSERT_EQ(verdict.kind, VerdictKind::kDiverged);
    ASSERT_EQ(verdict.divergences.size(), 1U);
    const Divergence& found = verdict.divergences[0];
    EXPECT_EQ(found.step, edit.step);
    EXPECT_EQ(to_string(found.field), to_string(edit.field));
    if (is_syscall(edit.field)) {
      EXPECT_EQ(found.index, edit.index);
    }
  });
}

// What differs first is named alike, whether the replay stops there or goes on.
TEST(ReplayProperty, GoingOnNamesTheFirstDifferenceAsStoppingDoes) {
  for_each_seed(4000, [](Dice& dice) {
    uint64_t serial = 0;
    const Calls calls = dice.roll(2) == 0 ? Calls::kRepeated : Calls::kAllDifferent;
    FakeRecording recording = random_history(dice, calls, serial);
    const uint64_t steps = recording.subject().held_count();
    FakeEngine engine(recording);
    for (uint64_t n = 1 + dice.roll(4); n > 0; --n) plant(dice, calls, serial, steps, engine);
    const Verdict stopped = run_replay(recording, engine).verdict;
    const Verdict went_on =
        run_replay(recording, engine, replay_request(OnDivergence::kContinue)).verdict;
    ASSERT_EQ(stopped.kind, went_on.kind);
    if (stopped.divergences.empty()) return;
    EXPECT_EQ(divergence_text(stopped.divergences[0]), divergence_text(went_on.divergences[0]));
  });
}

// Where calls repeat, two edits may look alike: the place and the step are right all the same.
TEST(ReplayProperty, AmongRepeatedCallsTheFirstDifferenceIsFound) {
  for_each_seed(2000, [](Dice& dice) {
    uint64_t serial = 0;
    FakeRecording recording = random_history(dice, Calls::kRepeated, serial);
    const uint64_t steps = recording.subject().held_count();
    FakeEngine engine(recording);
    const Edit edit = plant(dice, Calls::kRepeated, serial, steps, engine);
    const auto mode = dice.roll(2) == 0 ? OnDivergence::kStop : OnDivergence::kContinue;
    const Verdict verdict = run_replay(recording, engine, replay_request(mode)).verdict;
    ASSERT_EQ(verdict.kind, VerdictKind::kDiverged);
    const Divergence& found = verdict.divergences.at(0);
    EXPECT_EQ(found.step, edit.step);
    EXPECT_EQ(is_syscall(found.field), is_syscall(edit.field));
    if (is_syscall(edit.field)) {
      const FakeStep& step = recording.step(edit.step);
      EXPECT_EQ(found.index, first_difference(step, engine.at(edit.step)));
    }
  });
}

TEST(ReplayProperty, OfManyEditsNoneMakesTheVerdictCleanAndTheEarliestStepIsNamed) {
  for_each_seed(2000, [](Dice& dice) {
    uint64_t serial = 0;
    FakeRecording recording = random_history(dice, Calls::kAllDifferent, serial);
    const uint64_t steps = recording.subject().held_count();
    FakeEngine engine(recording);
    Edit edit = plant(dice, Calls::kAllDifferent, serial, steps, engine);
    uint64_t earliest = edit.step;
    std::vector<uint64_t> edited{edit.step};
    for (uint64_t n = dice.roll(4); n > 0 && steps > 1; --n) {
      const uint64_t step = plant(dice, Calls::kAllDifferent, serial, steps, engine).step;
      edited.push_back(step);
      earliest = std::min(earliest, step);
    }
    // An edit may take back another one of the same step; such seeds say nothing.
    const FakeStep& first = recording.step(earliest);
    const FakeAct& act = engine.at(earliest);
    const bool same = first_difference(first, act) == first.calls.size() &&
                      act.calls.size() == first.calls.size() && act.ok &&
                      act.computrons == first.computrons;
    if (same) return;
    for (const auto mode : {OnDivergence::kStop, OnDivergence::kContinue}) {
      const Verdict verdict = run_replay(recording, engine, replay_request(mode)).verdict;
      ASSERT_EQ(verdict.kind, VerdictKind::kDiverged);
      EXPECT_EQ(verdict.step, earliest);
      for (const Divergence& found : verdict.divergences) {
        EXPECT_TRUE(std::find(edited.begin(), edited.end(), found.step) != edited.end());
      }
    }
  });
}

TEST(ReplayProperty, WithoutAnEditTheVerdictIsCleanInEveryModeAndPart) {
  for_each_seed(500, [](Dice& dice) {
    uint64_t serial = 0;
    FakeRecording recording = random_history(dice, Calls::kRepeated, serial);
    const uint64_t steps = recording.subject().held_count();
    if (steps > 1) recording.checkpoint(CheckpointKind::kHeapSnapshot, 1 + dice.roll(steps - 1));
    const FakeEngine engine(recording);
    const ReplayRequest request = replay_request(OnDivergence::kContinue);
    const ReplayPlan plan = plan_replay(recording, request);
    for (const ReplayPlan& part : split_plan(recording, "v1", plan, 3)) {
      const ReplayResult result = replay(recording, engine, request, part, {}, nullptr);
      EXPECT_EQ(verdict_text(result.verdict), "clean");
    }
  });
}

}  // namespace replay_property_test
}  // namespace recrank
