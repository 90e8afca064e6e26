// One verdict from several runs of the same replay.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/rate.h"
#include "replay/verdict.h"

namespace recrank {

struct OutcomeCount {
  size_t example = 0;  // index of the first run with this outcome
  size_t count = 0;
};

struct RepeatedVerdict {
  size_t runs = 0;
  size_t headline = 0;               // index of the run that stands for all
  size_t agreed = 0;                 // runs with the headline's outcome
  RateInterval interval;             // of agreed / runs, 95 %
  std::vector<OutcomeCount> outcomes;  // most frequent first
};

// True when both found the same: kind, step, and how it ended or differed there; of crashes, the
// signature too. Hangs are one sample each: their signatures are not compared.
[[nodiscard]] bool same_outcome(const Verdict& a, const Verdict& b);

// The headline is the most frequent finding; clean only when every run was clean, since a crash in
// two of four runs is a crash.
[[nodiscard]] RepeatedVerdict judge_runs(const std::vector<const Verdict*>& runs);

}  // namespace recrank
