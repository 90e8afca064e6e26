// Which engine of an ordered list is to be probed next, and what the answers so far say. Pure: no
// processes, no printing; the same answers give the same choice.
//
// Claimed is one change: good engines, then bad ones (with find_fix: bad ones, then good ones). The
// two ends are asked first. Where the answers contradict the claim, every engine is asked.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace recrank {

enum class EngineAnswer {
  kGood,
  kBad,
  kOther,  // ends otherwise: neither
  kSkip,   // cannot be had, cannot be judged, or not decided
};

using EngineAnswers = std::vector<std::optional<EngineAnswer>>;  // by index; nullopt: not asked

struct BisectOptions {
  bool find_fix = false;
  bool scan = false;  // ask every engine
  size_t jobs = 1;    // so many at once
};

// The next engines to ask, in the order of the list, at most `jobs`; with one job the middle of
// what is left, with more of them its parts. What was skipped is passed over for the nearest that
// was not asked. Empty: judge_answers() has all that it needs.
[[nodiscard]] std::vector<size_t> next_engines(const EngineAnswers& answers,
                                               const BisectOptions& options);

// From an engine that was told good or bad to the next one that was told otherwise.
struct Transition {
  size_t before = 0;
  size_t after = 0;
  bool to_bad = true;
  std::vector<size_t> untold;  // between them: skipped, or ended otherwise
};

enum class BisectEnd {
  kChange,   // one, as claimed: its `transitions.front()`
  kAllGood,  // both ends of the list are told good, or
  kAllBad,   // bad: the change, if there is one, lies outside the list
  // What was told is alike, but an end of the list was not told: the change may lie there.
  kNotDecided,
  kReversed,      // one change, the other way round than claimed
  kBackAndForth,  // several changes
  kUntold,        // no engine was told good or bad
};

struct BisectFound {
  BisectEnd end = BisectEnd::kUntold;
  std::vector<Transition> transitions;
};
[[nodiscard]] BisectFound judge_answers(const EngineAnswers& answers, const BisectOptions& options);

// The answers contradict the claim, so that all engines are asked.
[[nodiscard]] bool must_scan(const EngineAnswers& answers, const BisectOptions& options);

}  // namespace recrank
