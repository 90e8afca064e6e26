// Logs of one history that were cut, torn or told through restarts are never called different; and
// where the histories differ, that is found all the same.
#include <gtest/gtest.h>

#include "base/error.h"
#include "replay/compare/compare_recordings.h"
#include "tests/support/snapshot/slog_chain.h"

namespace recrank {
namespace compare_cut_slogs_test {

constexpr uint64_t kBlocks = 8;

// "clean", "unjudged", "v1 step 3 delivery A … B …, v2 …"; "unreadable": it is no log any more.
std::string verdict(const Recording& a, const std::string& b) {
  try {
    const CompareResult result = compare_recordings(a, *OpenedSlog(b), {}, {});
    std::string text;
    for (const SubjectComparison& each : result.subjects) {
      if (!each.first) continue;
      text += (text.empty() ? "" : ", ") + each.subject_id + " step " +
              std::to_string(each.first->step.in_a) + " " + std::string(field_name(*each.first)) +
              " A " + each.first->a + " B " + each.first->b;
    }
    return text.empty() ? std::string(to_string(result.kind)) : text;
  } catch (const Error&) {
    return "unreadable";
  }
}

bool is_no_difference(const std::string& verdict) {
  return verdict == "clean" || verdict == "unjudged" || verdict == "unreadable";
}

// Where the lines of the text begin, and its end.
std::vector<size_t> line_starts(const std::string& text) {
  std::vector<size_t> starts{0};
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) starts.push_back(++at);
  return starts;
}

class CompareCutSlogs : public testing::TestWithParam<SlogText::Dialect> {
 protected:
  [[nodiscard]] static SlogChain chain() { return SlogChain(GetParam()); }
  // The same history with two accidents: one that lost blocks, one that lost none.
  [[nodiscard]] static std::string restarted() {
    SlogChain log = chain().blocks(1, 4).lost(5, 6).restart(5).blocks(5, 6);
    return log.restart(7).blocks(7, kBlocks).text();
  }

  const OpenedSlog whole_{chain().blocks(1, kBlocks).text()};
};

TEST_P(CompareCutSlogs, ARestartedHistoryIsTheSameInAllItsSteps) {
  const OpenedSlog other(restarted());
  const CompareResult found = compare_recordings(*whole_, *other, {}, {});
  EXPECT_EQ(found.kind, VerdictKind::kClean);
  EXPECT_EQ(found.counts.steps, compare_recordings(*whole_, *whole_, {}, {}).counts.steps);
  EXPECT_EQ(compare_recordings(*other, *whole_, {}, {}).kind, VerdictKind::kClean);
}

TEST_P(CompareCutSlogs, AHistoryThatWasRestartedAtAnyBlockIsTheSame) {
  for (uint64_t at = 2; at <= kBlocks; ++at) {
    for (uint64_t lost = 0; lost < 3; ++lost) {
      SlogChain other = chain().blocks(1, at - 1);
      if (lost > 0) other.lost(at, at + lost - 1);
      other.restart(at).blocks(at, kBlocks);
      EXPECT_EQ(verdict(*whole_, other.text()), "clean") << "block " << at << ", lost " << lost;
    }
  }
}

TEST_P(CompareCutSlogs, ALogThatBeginsAtAnyLineIsNotDifferent) {
  const std::string log = restarted();
  size_t clean = 0;
  const std::vector<size_t> starts = line_starts(log);
  for (const size_t from : starts) {
    const std::string found = verdict(*whole_, log.substr(from));
    EXPECT_TRUE(is_no_difference(found)) << "from byte " << from << ": " << found;
    if (found == "clean") ++clean;
  }
  EXPECT_GT(clean, starts.size() / 2);
}

TEST_P(CompareCutSlogs, LogsThatBeginAtDifferentLinesAreNotDifferent) {
  const std::string log = restarted();
  const std::vector<size_t> starts = line_starts(log);
  for (size_t i = 0; i < starts.size(); i += 11) {
    const std::string later = log.substr(starts[i]);
    if (later.empty()) continue;
    const OpenedSlog a(later);
    for (size_t j = 2; j + 20 < starts.size(); j += 13) {
      const std::string found = verdict(*a, log.substr(starts[j]));
      EXPECT_TRUE(is_no_difference(found)) << "lines " << i << " and " << j << ": " << found;
    }
  }
}

TEST_P(CompareCutSlogs, ALogThatEndsAnywhereIsNotDifferent) {
  const std::string log = chain().blocks(1, 4).restart(4).blocks(4, kBlocks).text();
  size_t clean = 0;
  size_t ends = 0;
  for (size_t to = 0; to <= log.size(); to += 97, ++ends) {
    const std::string found = verdict(*whole_, log.substr(0, to));
    EXPECT_TRUE(is_no_difference(found)) << "up to byte " << to << ": " << found;
    if (found == "clean") ++clean;
  }
  EXPECT_GT(clean, ends * 2 / 3);
}

// What a process leaves that is killed while it writes: the next record follows on the same line or
// on its own.
TEST_P(CompareCutSlogs, ALogWithAnyLineTornIsNotDifferent) {
  const std::string log = restarted();
  const std::vector<size_t> starts = line_starts(log);
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    const size_t half = starts[i] + (starts[i + 1] - starts[i]) / 2;
    const std::string end = i % 2 == 0 ? "\n" : "";
    const std::string torn = log.substr(0, half) + end + log.substr(starts[i + 1]);
    const std::string found = verdict(*whole_, torn);
    EXPECT_TRUE(is_no_difference(found)) << "line " << i + 1 << " torn: " << found;
  }
}

TEST_P(CompareCutSlogs, ARealDifferenceIsFoundBehindARestart) {
  SlogChain forked = chain().blocks(1, 3).lost(4, 5).restart(4).blocks(4, 6);
  const OpenedSlog other(forked.fork().blocks(7, kBlocks).text());
  const CompareResult found = compare_recordings(*whole_, *other, {}, {});
  ASSERT_EQ(found.kind, VerdictKind::kDiverged);
  EXPECT_EQ(found.subjects.size(), 3U);
  for (const SubjectComparison& each : found.subjects) {
    ASSERT_TRUE(each.first) << each.subject_id;
    EXPECT_EQ(field_name(*each.first), "delivery");
    EXPECT_EQ(each.first->block, each.subject_id == "v2" ? 8U : 7U);
  }
}

TEST_P(CompareCutSlogs, ARealDifferenceIsFoundInALogThatBeganLater) {
  SlogChain forked = chain().blocks(1, 4).restart(5).blocks(5, 6);
  const std::string log = forked.fork().blocks(7, kBlocks).text();
  const OpenedSlog other(log.substr(log.rfind('\n', log.rfind("\"import-kernel-start\"")) + 1));
  const CompareResult found = compare_recordings(*whole_, *other, {}, {});
  ASSERT_EQ(found.kind, VerdictKind::kDiverged);
  for (const SubjectComparison& each : found.subjects) {
    ASSERT_TRUE(each.first) << each.subject_id;
    EXPECT_EQ(each.first->block, each.subject_id == "v2" ? 8U : 7U);
  }
}

std::string name_of(const testing::TestParamInfo<SlogText::Dialect>& info) {
  switch (info.param) {
    case SlogText::kOf2021: return "Of2021";
    case SlogText::kOfLater2021: return "OfLater2021";
    default: return "Of2024";
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, CompareCutSlogs,
                         testing::Values(SlogText::kOf2021, SlogText::kOfLater2021,
                                         SlogText::kOf2024),
                         name_of);

}  // namespace compare_cut_slogs_test
}  // namespace recrank
