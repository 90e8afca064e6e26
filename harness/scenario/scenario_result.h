// What became of scenarios: plain values, from which every report of `run` is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"
#include "harness/session/replay_session.h"

namespace recrank {

enum class CaseOutcome {
  kAsExpected,
  kOtherwise,  // it was judged, and it is not what the scenario says
  kNotJudged,  // nothing can be said: no engine, no recording, damage, nothing to compare
  kSkipped,    // an optional engine is not there
  kInterrupted,
};
// "as expected", "otherwise", "not judged", "skipped", "interrupted".
[[nodiscard]] std::string_view to_string(CaseOutcome outcome);

// A finding that somebody has filed already.
struct KnownFinding {
  std::string signature;  // "*" stands for anything
  std::string issue;      // "oven-sh/bun#29547"
  std::string url;        // may be empty
  std::string note;
};

// One case: one subject on one engine, or the reading of the recording alone.
struct CaseResult {
  std::string name;  // "v6 on xsnap-0.15.0", "reading"
  CaseOutcome outcome = CaseOutcome::kNotJudged;
  std::string expected;  // in words: "crashed at step 7, SIGSEGV jump-to-null bun-1.3.13@*"
  std::string found;     // the same of all its runs; empty: it did not run
  std::string why;       // one line; empty where all is as expected
  // Of a case that ran; else null.
  std::optional<SubjectSession> session;
  std::optional<EngineIdentity> engine;
  std::string reproduce;   // a command; empty: there is nothing to reproduce
  bool looked_up = false;  // whether `known` was sought: --known says what is
  std::optional<KnownFinding> known;
  double wall_s = 0;
  std::vector<std::string> files;  // written to --out, relative to it
  std::string files_lost;          // why they could not be written; empty: nothing was lost
};

struct ScenarioResult {
  std::string name;
  std::string title;
  std::string file;               // scenario.json as the user's call leads to it
  std::vector<CaseResult> cases;  // at least one
  std::string why;                // none of them could be begun: why
  double wall_s = 0;
};

// What the exit status of `run` says, and the heads of its reports.
struct RunCounts {
  uint64_t as_expected = 0;
  uint64_t otherwise = 0;
  uint64_t not_judged = 0;
  uint64_t skipped = 0;
  uint64_t interrupted = 0;
};
[[nodiscard]] RunCounts count_cases(const std::vector<ScenarioResult>& results);

// The worst of a scenario's cases; one in which nothing was judged is kNotJudged, never as
// expected.
[[nodiscard]] CaseOutcome outcome_of(const ScenarioResult& result);

// The finding that a case met, which a report names: a signature, or for a divergence
// "diverged: syscall wrong at step 12". Empty for clean and for what was not judged.
[[nodiscard]] std::string finding_title(const CaseResult& result);

}  // namespace recrank
