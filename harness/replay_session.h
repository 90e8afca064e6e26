// A whole `replay` call without its printing: choose subjects, check hashes, run, join.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/repeated.h"
#include "harness/verdict_report.h"
#include "replay/replay.h"

namespace recrank {

struct SessionRequest {
  ReplayRequest base;                // subject_id is filled in for each subject
  std::vector<std::string> subject_ids;
  size_t repeat = 1;
  size_t jobs = 1;
  bool split_spans = false;          // run the spans of one vat side by side
};

struct SubjectSession {
  SubjectReport report;              // of the run that stands for all
  RepeatedVerdict repeated;          // runs == 1 without --repeat
  std::vector<std::string> outcome_lines;  // one per distinct outcome, as headlines
};

// Results in the order of subject_ids. Damage and impossible plans are verdicts (unjudged) here, so
// that one bad vat does not hide the others; kUsage is thrown.
[[nodiscard]] std::vector<SubjectSession> run_session(const Recording& recording,
                                                      const Engine& engine,
                                                      const SessionRequest& request,
                                                      const Interrupt& interrupt,
                                                      ReplayObserver* observer);

// Steps and recorded computrons of a session, for its progress line. Reads every step once.
struct SessionSize {
  uint64_t steps = 0;
  uint64_t computrons = 0;
};
[[nodiscard]] SessionSize measure_session(const Recording& recording, const SessionRequest& request,
                                          const Interrupt& interrupt);

// The gravest of several verdicts decides the exit status: crashed, diverged, limit, unjudged,
// clean; interrupted above all.
[[nodiscard]] VerdictKind graver(VerdictKind a, VerdictKind b);
[[nodiscard]] VerdictKind gravest(const std::vector<SubjectSession>& sessions);

}  // namespace recrank
