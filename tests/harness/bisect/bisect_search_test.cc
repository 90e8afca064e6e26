#include "harness/bisect/bisect_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

namespace recrank {
namespace bisect_search_test {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kGood = EngineAnswer::kGood;
constexpr auto kBad = EngineAnswer::kBad;

// "G.BS": good, not asked, bad, skipped; "O": ends otherwise.
EngineAnswers answers_of(const std::string& letters) {
  EngineAnswers answers;
  for (const char c : letters) {
    answers.push_back(c == 'G'   ? std::optional(kGood)
                      : c == 'B' ? std::optional(kBad)
                      : c == 'S' ? std::optional(EngineAnswer::kSkip)
                      : c == 'O' ? std::optional(EngineAnswer::kOther)
                                 : std::nullopt);
  }
  return answers;
}

struct Searched {
  BisectFound found;
  size_t probes = 0;
  size_t batches = 0;
  EngineAnswers answers;
};

// As the session does it: the bad end is known before the search begins.
Searched search(const std::string& truth, BisectOptions options = {}) {
  const EngineAnswers all = answers_of(truth);
  Searched searched;
  searched.answers.resize(all.size());
  for (;;) {
    const std::vector<size_t> next = next_engines(searched.answers, options);
    if (next.empty()) break;
    EXPECT_LE(next.size(), std::max<size_t>(1, options.jobs));
    for (const size_t i : next) {
      EXPECT_FALSE(searched.answers.at(i)) << "asked twice: " << i << " of " << truth;
      searched.answers[i] = all[i];
      ++searched.probes;
    }
    ++searched.batches;
  }
  searched.found = judge_answers(searched.answers, options);
  return searched;
}

// Small numbers that are the same in every run.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 2862933555777941757ULL + 3037000493ULL) {}
  size_t below(size_t count) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<size_t>(state_ >> 33U) % count;
  }

 private:
  uint64_t state_;
};

TEST(BisectSearch, FindsEveryPlaceOfOneChangeInFewProbes) {
  for (size_t count = 2; count <= 70; ++count) {
    for (size_t change = 1; change < count; ++change) {
      const std::string truth = std::string(change, 'G') + std::string(count - change, 'B');
      const Searched searched = search(truth);
      ASSERT_EQ(searched.found.end, BisectEnd::kChange) << truth;
      EXPECT_EQ(searched.found.transitions.front().before, change - 1);
      EXPECT_EQ(searched.found.transitions.front().after, change);
      const auto bound = static_cast<size_t>(std::ceil(std::log2(count))) + 2;
      EXPECT_LE(searched.probes, bound) << truth;
    }
  }
}

TEST(BisectSearch, FindFixFindsTheFirstGoodOne) {
  BisectOptions options;
  options.find_fix = true;
  const Searched searched = search("BBBBGGGGGG", options);
  ASSERT_EQ(searched.found.end, BisectEnd::kChange);
  EXPECT_EQ(searched.found.transitions.front().after, 4U);
  EXPECT_FALSE(searched.found.transitions.front().to_bad);
}

TEST(BisectSearch, SeveralAtOnceNeedFewerRounds) {
  const std::string truth = std::string(40, 'G') + std::string(60, 'B');
  BisectOptions four;
  four.jobs = 4;
  const Searched searched = search(truth, four);
  EXPECT_EQ(searched.found.transitions.front().after, 40U);
  EXPECT_LE(searched.batches, 4U);  // the ends, then 98 -> 20 -> 4 -> 0
  EXPECT_GT(search(truth).batches, searched.batches);
}

TEST(BisectSearch, AnyHistoryOfOneChangeIsToldWithWhatWasSkipped) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Dice dice(seed);
    const size_t count = 2 + dice.below(30);
    const size_t change = 1 + dice.below(count - 1);
    std::string truth = std::string(change, 'G') + std::string(count - change, 'B');
    for (char& each : truth) {
      if (dice.below(4) == 0) each = dice.below(2) == 0 ? 'S' : 'O';
    }
    BisectOptions options;
    options.jobs = 1 + dice.below(5);
    const Searched searched = search(truth, options);
    const size_t last_good = truth.rfind('G');
    const size_t first_bad = truth.find('B');
    if (last_good == std::string::npos && first_bad == std::string::npos) {
      ASSERT_EQ(searched.found.end, BisectEnd::kUntold) << truth;
    } else if (last_good == std::string::npos || first_bad == std::string::npos) {
      const auto told = [&](char c) { return c == 'G' || c == 'B'; };
      const bool proven = told(truth.front()) && told(truth.back());
      const BisectEnd alike =
          first_bad == std::string::npos ? BisectEnd::kAllGood : BisectEnd::kAllBad;
      ASSERT_EQ(searched.found.end, proven ? alike : BisectEnd::kNotDecided) << truth;
    } else {
      ASSERT_EQ(searched.found.end, BisectEnd::kChange) << truth << " seed " << seed;
      const Transition& told = searched.found.transitions.front();
      ASSERT_EQ(told.before, last_good) << truth << " seed " << seed;
      ASSERT_EQ(told.after, first_bad) << truth << " seed " << seed;
      ASSERT_EQ(told.untold.size(), first_bad - last_good - 1) << truth;
    }
  }
}

TEST(BisectSearch, BackAndForthThatWasSeenIsNeverOneChange) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Dice dice(seed);
    std::string truth;
    for (size_t i = 2 + dice.below(20); i > 0; --i) truth += "GBSO"[dice.below(4)];
    BisectOptions options;
    options.jobs = 1 + dice.below(5);
    options.find_fix = dice.below(2) == 0;
    options.scan = dice.below(3) == 0;
    const Searched searched = search(truth, options);
    std::string seen;
    for (const auto& each : searched.answers) {
      if (each == kGood && !seen.ends_with('G')) seen += 'G';
      if (each == kBad && !seen.ends_with('B')) seen += 'B';
    }
    if (seen.size() > 2) {
      ASSERT_EQ(searched.found.end, BisectEnd::kBackAndForth) << truth;
      ASSERT_EQ(searched.found.transitions.size(), seen.size() - 1) << truth;
      for (const auto& each : searched.answers) ASSERT_TRUE(each) << "scanned: " << truth;
    } else if (seen.size() == 2) {
      const bool claimed = seen == (options.find_fix ? "BG" : "GB");
      ASSERT_EQ(searched.found.end, claimed ? BisectEnd::kChange : BisectEnd::kReversed) << truth;
    }
    if (options.scan) {
      ASSERT_EQ(searched.probes, truth.size());
    }
  }
}

TEST(BisectSearch, EndsThatAreAlikeAreScanned) {
  const Searched searched = search("GGBBGG");
  EXPECT_EQ(searched.found.end, BisectEnd::kBackAndForth);
  EXPECT_EQ(searched.probes, 6U);
  EXPECT_EQ(search("BBBB").found.end, BisectEnd::kAllBad);
  EXPECT_EQ(search("GGGG").found.end, BisectEnd::kAllGood);
  EXPECT_EQ(search("BBGG").found.end, BisectEnd::kReversed);
}

TEST(BisectSearch, ThatTheChangeLiesOutsideTheListTakesBothEndsOfIt) {
  for (const char* const truth : {"OSBB", "SBBB", "OOOB", "SSSB"}) {
    EXPECT_EQ(search(truth).found.end, BisectEnd::kNotDecided) << truth;
  }
  BisectOptions fix;
  fix.find_fix = true;
  EXPECT_EQ(search("BBSO", fix).found.end, BisectEnd::kNotDecided);
  EXPECT_EQ(search("BOSB").found.end, BisectEnd::kAllBad);
}

TEST(BisectSearch, TheEndsComeFirstAndASkippedEndGivesWayToItsNeighbour) {
  EXPECT_THAT(next_engines(answers_of("....."), {}), ElementsAre(0));
  EXPECT_THAT(next_engines(answers_of("....B"), {}), ElementsAre(0));
  EXPECT_THAT(next_engines(answers_of("S...B"), {}), ElementsAre(1));
  EXPECT_THAT(next_engines(answers_of("G...S"), {}), ElementsAre(3));
  EXPECT_THAT(next_engines(answers_of("G...B"), {}), ElementsAre(2));
  EXPECT_THAT(next_engines(answers_of("G.S.B"), {}), ElementsAre(1));
  EXPECT_THAT(next_engines(answers_of("GSSSB"), {}), IsEmpty());
}

}  // namespace bisect_search_test
}  // namespace recrank
