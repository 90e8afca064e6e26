// How many runs make a claim about one engine, and how sure the claim is. Pure functions.
//
// "Bad" needs one run that meets the finding: what was seen is there. "Good" can only be made likely:
// that the engine shows the finding as often as the bad end does, and was lucky in all of its runs,
// must be improbable. The method and what it assumes: docs/bisect.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace recrank {

// What one run was, held against the finding.
enum class RunWord {
  kMet,       // the finding, at its step or before
  kPassed,    // its step ran without it
  kOther,     // another finding
  kUnjudged,  // it tells nothing
};

struct ProbeTally {
  uint64_t met = 0;
  uint64_t passed = 0;
  uint64_t other = 0;
  uint64_t unjudged = 0;

  void add(RunWord word);
  [[nodiscard]] uint64_t runs() const { return met + passed + other + unjudged; }
};

// What the runs say of an engine.
enum class ProbeWord {
  kGood,
  kBad,
  kOther,  // it ends in another finding before it gets there: neither good nor bad
  kSkip,   // it cannot be had, or tells nothing
};
[[nodiscard]] std::string_view to_string(ProbeWord word);

struct ProbeRule {
  uint64_t runs_max = 20;
  uint64_t runs_least = 5;    // of an engine whose rate is to be learned: the bad end
  double miss_chance = 0.05;  // a "good" may be wrong so often
  // The finding shows in this share of a bad engine's runs or more; nullopt: not known yet.
  std::optional<double> rate_floor;
};

// The rate that the bad end's runs bear out at 95 %: of all its runs that tell something, `met` showed
// the finding. 0 where none did.
[[nodiscard]] double rate_floor_of(const ProbeTally& tally);

// The chance that an engine with a rate of `floor` passes so many runs.
[[nodiscard]] double chance_missed(double floor, uint64_t passed);

// So many runs without the finding make "good", at most runs_max; runs_least where no rate is known.
[[nodiscard]] uint64_t passes_needed(const ProbeRule& rule);

// More runs are needed before anything can be said. `learning`: the rate is to be learned too.
[[nodiscard]] bool wants_more(const ProbeTally& tally, const ProbeRule& rule, bool learning);

// What is said when no more runs are wanted.
[[nodiscard]] ProbeWord word_of(const ProbeTally& tally);

}  // namespace recrank
