// When an engine has been run often enough in a bisection, and what its runs then say. Pure.
//
// A finding may come seldom. The bad end tells how often: its runs give a rate that the finding has
// at least, at 95 %. An engine that shows the finding once is bad; one that does not is good when a
// finding of that rate would have been missed by so many runs with a chance of `miss_max` at most.
// docs/bisect.md has the reasons.
#pragma once

#include <cstdint>

namespace recrank {

inline constexpr uint64_t kBadEndRuns = 5;  // behind the run that met the finding first
inline constexpr uint64_t kRunsLeast = 5;   // the fewest that --runs allows beside 1
inline constexpr uint64_t kRunsDefault = 60;
inline constexpr uint64_t kRunsMost = 10'000;  // that --runs takes
inline constexpr uint64_t kOthersEnough = 3;   // runs that all ended otherwise
inline constexpr uint64_t kKilledMax = 3;      // runs that somebody from outside ended
inline constexpr uint64_t kConfirmRuns = 3;    // 3 of 3 against 0 of 3 is no chance at 95 %

struct BisectRule {
  uint64_t runs_max = kRunsDefault;  // of one engine. 1: every finding is taken to come every time
  double miss_max = 0.05;
};

// What the runs of one engine were, held against the finding.
struct ProbeTally {
  uint64_t met = 0;
  uint64_t passed = 0;  // ran past its step without it
  uint64_t other = 0;   // ended otherwise at that step or before it
  uint64_t alike = 0;   // of those: in the same kind of end as the finding (another crash)
  uint64_t unjudged = 0;
  uint64_t killed = 0;  // by a signal from outside: tells nothing

  [[nodiscard]] uint64_t judged() const { return met + passed + other; }
};

enum class ProbeWord {
  kMore,  // not decided: run it again
  kGood,
  kBad,
  kOther,      // it ends otherwise: neither good nor bad
  kUnjudged,   // it cannot be judged here
  kUndecided,  // not met, but in too few runs for so rare a finding
};

// The rate that the finding has at least, at 95 %, by `hits` of `runs` runs of the bad end; the run
// that met it first, and so chose it, is not among them. Holds although the outcomes decide when
// to stop (kBadEndRuns if all hit, else on by bad_end_is_known).
[[nodiscard]] double least_rate(uint64_t hits, uint64_t runs);

// Runs without the finding that make an engine good. 0: no number does (a rate of 0).
[[nodiscard]] uint64_t misses_needed(double least_rate, const BisectRule& rule);

// So many runs of each engine would decide a search of `goods` good ones, by what `bad` showed of
// the rate; about so many, since that is one sample of it. kRunsMost: not even these.
[[nodiscard]] uint64_t runs_that_would_do(const ProbeTally& bad, uint64_t goods,
                                          const BisectRule& rule);

// The chance that `runs` runs miss a finding of that rate.
[[nodiscard]] double miss_chance(double least_rate, uint64_t runs);

// No more runs of the bad end are worth it: all of kBadEndRuns hit, or as many were made as a good
// engine will need, or runs_max.
[[nodiscard]] bool bad_end_is_known(uint64_t hits, uint64_t runs, const BisectRule& rule);

[[nodiscard]] ProbeWord judge_probe(const ProbeTally& tally, double least_rate,
                                    const BisectRule& rule);

}  // namespace recrank
