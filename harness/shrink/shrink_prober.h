// Asks of candidates whether a finding is still there: runs them, several side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/shrink/ddmin.h"
#include "replay/judge/free_run.h"
#include "snapshot/made_step.h"

namespace recrank {

// When a candidate holds: at least `rate` of at most `runs` runs show it.
struct HoldRule {
  double rate = 1;
  uint64_t runs = 1;
};

// Instead of "the same finding": decides by what a run of a candidate did. nullopt: interrupted.
// Called from several threads at once.
using CandidateTest =
    std::function<std::optional<bool>(const FreeRunResult&, std::vector<MadeStep>)>;

// What the probes came to, for the report.
struct ProbeCounts {
  uint64_t runs = 0;                        // of an engine
  uint64_t steps_run = 0;                   // in all of them
  std::map<std::string, uint64_t> unknown;  // candidates that could not be told, by reason
};

// How often one candidate showed the finding.
struct Tried {
  uint64_t hits = 0;
  uint64_t tries = 0;
  std::string unknown;  // not empty: it cannot be told, and why
  bool interrupted = false;
};

struct ObservedRun {
  FreeRunResult result;
  std::vector<MadeStep> steps;  // with what each of them did
};

// Refers to all that it is given. One thread calls; it starts its own.
class ShrinkProber {
 public:
  ShrinkProber(const FreeRunContext& context, const FreeItems& items, const Verdict& wanted,
               HoldRule rule, size_t jobs, const CandidateTest& test, const Interrupt& interrupt)
      : context_(context),
        items_(items),
        wanted_(wanted),
        rule_(rule),
        jobs_(jobs),
        test_(test),
        interrupt_(interrupt) {}

  // For minimise(). All candidates are run to their end, also behind one that holds: what is
  // counted then does not hang on time. An Error in any of them is thrown after all have ended.
  [[nodiscard]] std::vector<std::optional<ProbeAnswer>> probe(const std::vector<Kept>& candidates);

  // Runs one candidate until the rule has its answer; with `to_the_end` all of its runs.
  [[nodiscard]] Tried try_candidate(const Kept& kept, HoldRule rule, bool to_the_end) const;
  // A run that shows the finding; at most `tries` are made. nullopt: none did.
  [[nodiscard]] std::optional<ObservedRun> observe(const Kept& kept, uint64_t tries) const;

  // The recorded numbers of a candidate's steps, those that are never left out included.
  [[nodiscard]] std::vector<uint64_t> steps_of(const Kept& kept) const;
  [[nodiscard]] const ProbeCounts& counts() const { return counts_; }

 private:
  struct One {
    Tried tried;
    uint64_t steps_run = 0;
  };
  void run_once(const std::vector<uint64_t>& steps, One& one, ObservedRun* observed) const;
  [[nodiscard]] One run_candidate(const Kept& kept, HoldRule rule, bool to_the_end) const;

  const FreeRunContext& context_;
  const FreeItems& items_;
  const Verdict& wanted_;
  HoldRule rule_;
  size_t jobs_;
  const CandidateTest& test_;
  const Interrupt& interrupt_;
  ProbeCounts counts_;
};

}  // namespace recrank
