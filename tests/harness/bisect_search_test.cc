// The search over made-up histories, seeded, so that a failure comes again.
#include "harness/bisect_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>

namespace recrank {
namespace {

// "g" good, "b" bad, "s" skipped, "o" other; by place.
ProbeWord word_of_letter(char letter) {
  switch (letter) {
    case 'g': return ProbeWord::kGood;
    case 'b': return ProbeWord::kBad;
    case 'o': return ProbeWord::kOther;
    default: return ProbeWord::kSkip;
  }
}

struct Asked {
  std::vector<size_t> places;
  size_t batches = 0;
  size_t widest = 0;
};

SearchResult search(const std::string& history, size_t jobs = 1, bool scan = false, Asked* asked = nullptr) {
  Asked own;
  Asked& seen = asked == nullptr ? own : *asked;
  const BisectProbe probe = [&](const std::vector<size_t>& places) {
    ++seen.batches;
    seen.widest = std::max(seen.widest, places.size());
    std::vector<ProbeWord> words;
    for (const size_t place : places) {
      seen.places.push_back(place);
      words.push_back(word_of_letter(history.at(place)));
    }
    return words;
  };
  SearchResult result = bisect_search(history.size(), jobs, scan, probe);
  EXPECT_EQ(std::set<size_t>(seen.places.begin(), seen.places.end()).size(), seen.places.size())
      << history << ": a place was tested twice";
  return result;
}

TEST(BisectSearch, TestsTheBadEndFirstAndThenTheGoodOne) {
  Asked asked;
  search("ggbb", 1, false, &asked);
  ASSERT_GE(asked.places.size(), 2U);
  EXPECT_EQ(asked.places[0], 3U);
  EXPECT_EQ(asked.places[1], 0U);
}

TEST(BisectSearch, FindsEveryChangeInFewProbes) {
  for (size_t size = 2; size <= 70; ++size) {
    for (size_t bad = 1; bad < size; ++bad) {
      const std::string history = std::string(bad, 'g') + std::string(size - bad, 'b');
      Asked asked;
      const SearchResult result = search(history, 1, false, &asked);
      ASSERT_EQ(result.end, SearchEnd::kFound) << history;
      EXPECT_EQ(result.transitions.front().from, bad - 1) << history;
      EXPECT_EQ(result.transitions.front().to, bad) << history;
      EXPECT_TRUE(result.transitions.front().untold.empty()) << history;
      EXPECT_LE(asked.places.size(), 2 + std::ceil(std::log2(size))) << history;
    }
  }
}

TEST(BisectSearch, NeedsFewerRoundsWhenItTestsSeveralAtOnce) {
  for (const size_t jobs : {2U, 3U, 7U}) {
    const std::string history = std::string(40, 'g') + std::string(60, 'b');
    Asked asked;
    const SearchResult result = search(history, jobs, false, &asked);
    EXPECT_EQ(result.end, SearchEnd::kFound);
    EXPECT_EQ(result.transitions.front().to, 40U);
    EXPECT_LE(asked.widest, jobs);
    EXPECT_LE(asked.batches, 3 + std::ceil(std::log(100) / std::log(jobs + 1))) << jobs;
  }
}

TEST(BisectSearch, FindsTheChangeAmongEnginesThatTellNothing) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    const size_t size = 2 + random() % 30;
    const size_t bad = 1 + random() % (size - 1);
    std::string history = std::string(bad, 'g') + std::string(size - bad, 'b');
    for (size_t place = 1; place + 1 < size; ++place) {
      if (random() % 3 == 0) history[place] = random() % 2 == 0 ? 's' : 'o';
    }
    const SearchResult result = search(history, 1 + random() % 4);
    ASSERT_EQ(result.end, SearchEnd::kFound) << history;
    const Transition& change = result.transitions.front();
    EXPECT_LT(change.from, bad) << history;
    EXPECT_GE(change.to, bad) << history;
    // Everything between the two is told to be untold, and nothing there could be told.
    EXPECT_EQ(change.untold.size(), change.to - change.from - 1) << history;
    for (const size_t place : change.untold) EXPECT_TRUE(history[place] == 's' || history[place] == 'o') << history;
  }
}

TEST(BisectSearch, TestsEveryEngineWhenBothEndsAreGood) {
  Asked asked;
  const SearchResult result = search("gggbgg", 2, false, &asked);
  EXPECT_EQ(result.end, SearchEnd::kBothGood);
  EXPECT_TRUE(result.scanned);
  EXPECT_EQ(asked.places.size(), 6U);
  ASSERT_EQ(result.transitions.size(), 2U);
  EXPECT_EQ(result.transitions[0].to, 3U);
  EXPECT_TRUE(result.transitions[0].to_bad);
  EXPECT_EQ(result.transitions[1].to, 4U);
  EXPECT_FALSE(result.transitions[1].to_bad);
}

TEST(BisectSearch, TestsEveryEngineWhenBothEndsAreBadOrTheListIsReversed) {
  EXPECT_EQ(search("bbgb").end, SearchEnd::kBothBad);
  EXPECT_TRUE(search("bbgb").scanned);
  EXPECT_EQ(search("bbgg").end, SearchEnd::kReversed);
  EXPECT_TRUE(search("bbgg").scanned);
  EXPECT_EQ(search("bb").end, SearchEnd::kBothBad);
}

TEST(BisectSearch, NeverNamesOneChangeWhereItSawTheHistoryGoBackAndForth) {
  std::mt19937 random(5);
  size_t seen_both = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string history = "g";
    for (size_t size = random() % 20; size > 0; --size) history += "gbs"[random() % 3];
    history += "b";
    Asked asked;
    const SearchResult result = search(history, 1 + random() % 4, random() % 4 == 0, &asked);
    const KnownWords& words = result.words;
    const size_t changes = transitions_of(words).size();
    if (changes > 1) {
      ++seen_both;
      EXPECT_EQ(result.end, SearchEnd::kBackAndForth) << history;
      EXPECT_EQ(asked.places.size(), history.size()) << history;
    } else {
      EXPECT_EQ(result.end, SearchEnd::kFound) << history;
    }
  }
  EXPECT_GT(seen_both, 500U);
}

TEST(BisectSearch, ScansWhenAsked) {
  Asked asked;
  const SearchResult result = search("ggggggbb", 3, true, &asked);
  EXPECT_EQ(asked.places.size(), 8U);
  EXPECT_TRUE(result.scanned);
  EXPECT_EQ(result.end, SearchEnd::kFound);
}

TEST(BisectSearch, SaysThatAnEndCouldNotBeTold) {
  EXPECT_EQ(search("sgbb").end, SearchEnd::kUntold);
  EXPECT_EQ(search("ggbo").end, SearchEnd::kUntold);
  EXPECT_EQ(search("ss").end, SearchEnd::kUntold);
}

TEST(BisectSearch, StopsWhenItIsInterruptedAndKeepsWhatItKnows) {
  size_t calls = 0;
  const BisectProbe probe = [&](const std::vector<size_t>& places) -> std::vector<ProbeWord> {
    if (++calls == 3) return {};
    return std::vector<ProbeWord>(places.size(), places.front() == 0 ? ProbeWord::kGood : ProbeWord::kBad);
  };
  const SearchResult result = bisect_search(9, 1, false, probe);
  EXPECT_EQ(result.end, SearchEnd::kInterrupted);
  EXPECT_EQ(calls, 3U);
  EXPECT_EQ(result.words.front(), ProbeWord::kGood);
  EXPECT_EQ(result.words.back(), ProbeWord::kBad);
}

}  // namespace
}  // namespace recrank
