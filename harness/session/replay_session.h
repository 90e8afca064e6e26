// A whole `replay` call without its printing: choose subjects, check hashes, run, join.
//
// With `repeat`, runs go in rounds of `jobs`. After each round the runs made so far are judged in
// the order of their numbers (harness/session/repeated.h), and a subject whose answer is clear
// makes no more. Which thread ends first decides nothing; equal outcomes and equal `jobs` give
// equal results.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/named_texts.h"
#include "harness/session/repeated.h"
#include "harness/session/subject_figures.h"
#include "harness/session/subject_report.h"
#include "replay/judge/replay.h"

namespace recrank {

// After each round of runs: where the session is.
struct SessionNews {
  const Verdict& newest;  // of the run that ended last in the round
  std::string subject_id;
  size_t runs = 0;  // of this subject so far
  size_t runs_max = 1;
};

struct SessionRequest {
  ReplayRequest base;  // subject_id is filled in for each subject
  std::vector<std::string> subject_ids;
  size_t repeat = 1;
  bool repeat_all = false;  // all of them, however clear the answer is
  size_t jobs = 1;
  bool split_spans = false;  // run the spans of one vat side by side
  std::function<void(const SessionNews&)> told = {};
};

struct SubjectSession {
  SubjectReport report;      // of the run that stands for all
  RepeatedVerdict repeated;  // runs == 1 without --repeat; interrupted runs do not count
  std::vector<std::string> outcome_lines;  // one per distinct outcome, as headlines
  std::vector<Verdict> outcome_verdicts;   // the examples of repeated.outcomes
  SubjectFigures figures;                  // of the same run
  // With --explain: what controls found, and the cause in one word.
  std::optional<ReportPart> explain;
  std::string cause;
  // All its own runs were clean, and the verdict is that of a control: `repeated` is of the former.
  bool found_by_control = false;
  NamedTexts reproduce_with;  // options of a replay that meets it, over those that were given
};

// Results in the order of subject_ids. Damage and impossible plans are verdicts (unjudged) here, so
// that one bad vat does not hide the others; kUsage is thrown.
[[nodiscard]] std::vector<SubjectSession> run_session(const Recording& recording,
                                                      const Engine& engine,
                                                      const SessionRequest& request,
                                                      const Interrupt& interrupt,
                                                      ReplayObserver* observer);

// One replay of the one subject that `request` names.
[[nodiscard]] SubjectSession run_once(const Recording& recording, const Engine& engine,
                                      ReplayRequest request, const Interrupt& interrupt);

// Steps and recorded computrons of a session, for its progress line. Reads every step once.
struct SessionSize {
  uint64_t steps = 0;
  uint64_t computrons = 0;
};
[[nodiscard]] SessionSize measure_session(const Recording& recording, const SessionRequest& request,
                                          const Interrupt& interrupt);

// The gravest of several verdicts decides the exit status: crashed, diverged, limit, unjudged,
// clean; interrupted above all, also where some of the runs asked for were done.
[[nodiscard]] VerdictKind graver(VerdictKind a, VerdictKind b);
[[nodiscard]] VerdictKind gravest(const std::vector<SubjectSession>& sessions);

}  // namespace recrank
