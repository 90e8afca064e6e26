// Holds what a step did against what is recorded of it. Rules: docs/judging.md.
#pragma once

#include <string>

#include "replay/judge/findings.h"
#include "replay/judge/replay.h"
#include "replay/judge/step_judge.h"

namespace recrank {

// What a step leaves to do.
enum class Go {
  kNext,     // the next step
  kResume,   // the process cannot go on: the next checkpoint
  kLivedOn,  // the next step, if there is one: the recording ends inside this one, and the process
             // that lived on is gone
  kEnd,      // nothing: `end` is how the replay ends
};
struct AfterStep {
  Go go = Go::kNext;
  Verdict end;
};

// Judges step after step of one replay into its findings; refers to all that it is given.
class OutcomeJudge {
 public:
  OutcomeJudge(const ReplayRequest& request, const Dialect& dialect, Findings& findings);

  // Before a delivery: what answers its calls.
  [[nodiscard]] CallHandler& begin(const Step& step);
  [[nodiscard]] AfterStep judge_delivery(const Step& step, const StepOutcome& outcome);
  // What Run::finish() said behind the last step of the range.
  [[nodiscard]] AfterStep judge_finish(const StepOutcome& outcome, uint64_t last_step) const;
  [[nodiscard]] AfterStep judge_snapshot(const Step& step, const StepOutcome& outcome,
                                         const std::string& sha256);

 private:
  AfterStep judge_end(const Step& step, const StepOutcome& outcome);
  AfterStep judge_answer(const Step& step, const StepDone& done);
  AfterStep judge_recorded_failure(const Step& step, const StepDone& done);
  AfterStep judge_stopped(const Step& step, CallsEnd how);
  AfterStep judge_lived_on(const Step& step);
  void note_lived_on(const Step& step);
  AfterStep judge_death(const Step& step, const StepOutcome& outcome);
  bool end_calls(CallsEnd end);
  void compare_result(const Step& step, const StepDone& done);
  void note_other_answer(const Step& step, const StepDone& done);
  void note_own_limit(const Step& step, const StepDone& done);
  void compare_computrons(const Step& step, const StepDone& done);
  void compare_facts(const Step& step, const StepDone& done);
  [[nodiscard]] AfterStep go_on() const;

  const ReplayRequest& request_;
  const Dialect& dialect_;
  Findings& findings_;
  StepJudge calls_;
};

}  // namespace recrank
