#include "replay/judge/replay.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "replay/dialect.h"
#include "replay/judge/findings.h"
#include "replay/judge/outcome_judge.h"
#include "replay/judge/perturber.h"
#include "replay/judge/step_end.h"
#include "replay/judge/step_observation.h"
#include "replay/judge/worker_seat.h"
#include "replay/process/proc_usage.h"

namespace recrank {
namespace {

Checkpoint fresh_worker_at(uint64_t step) {
  Checkpoint checkpoint;
  checkpoint.next_step = step;
  return checkpoint;
}

// One replay from its first step to its verdict. One thread.
class Replay {
 public:
  Replay(const Recording& recording, const Engine& engine, const ReplayRequest& request,
         const ReplayPlan& plan, const Interrupt& interrupt, ReplayObserver* observer)
      : recording_(recording),
        request_(request),
        plan_(plan),
        interrupt_(interrupt),
        observation_(request, dialect_of(recording), observer),
        seat_(recording, engine, request, plan.range, interrupt),
        perturber_(request.perturbation, seat_),
        judge_(request, dialect_of(recording), findings_),
        start_(plan.checkpoint),
        position_(plan.range.begin) {}

  ReplayResult run();

 private:
  void run_plan(ReplayResult& result);
  [[nodiscard]] bool outlives_claim() const;
  AfterStep run_steps(StepRange range);
  AfterStep do_step(const Step& step);
  AfterStep need_worker(const Step& step);
  AfterStep load_snapshot(const Step& step);
  AfterStep start(const Checkpoint& checkpoint, uint64_t step);
  AfterStep deliver(const Step& step);
  AfterStep perturb();
  [[nodiscard]] const Run* worker() { return seat_.running() ? &seat_.run() : nullptr; }
  AfterStep save_snapshot(const Step& step);
  bool resume();
  AfterStep behind_the_record(const Step& step);
  [[nodiscard]] AfterStep end_unjudged(const std::string& reason) const;

  const Recording& recording_;
  const ReplayRequest& request_;
  const ReplayPlan& plan_;
  const Interrupt& interrupt_;
  StepObservation observation_;
  WorkerSeat seat_;
  Perturber perturber_;
  Findings findings_;
  OutcomeJudge judge_;
  std::optional<Checkpoint> start_;  // where the next process is to start
  uint64_t position_;                // the step that is being done, or the next one
  std::string saved_;                // the hash of the heap that was saved last
  bool ended_in_perturbation_ = false;
};

ReplayResult Replay::run() {
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin_s = thread_cpu_s();
  ReplayResult result;
  result.plan = plan_;
  try {
    run_plan(result);
  } catch (const Error& error) {
    // Damaged evidence, and what neither recording nor engine has: findings, not failures.
    const bool finding =
        error.code() == ErrorCode::kInvalidData || error.code() == ErrorCode::kUnsupported;
    if (!finding) throw;
    result.verdict = findings_.conclude(unjudged(error.what(), position_));
    result.ended = true;
  }
  result.perturbed = describe(perturber_);
  result.ended_in_perturbation = ended_in_perturbation_;
  seat_.end();
  result.deliveries = findings_.deliveries();
  result.compared = findings_.compared;
  result.left_out = findings_.left_out(request_.compare);
  result.not_recorded = findings_.not_recorded();
  if (!dialect_of(recording_).records_ends()) std::erase(result.not_recorded, "computrons");
  result.assumed = seat_.assumed();
  result.bundles = seat_.bundles();
  result.cost = seat_.cost();
  result.cost.harness_cpu_s = thread_cpu_s() - cpu_begin_s;
  result.cost.wall_s = seconds_since(begin);
  return result;
}

void Replay::run_plan(ReplayResult& result) {
  for (;;) {
    AfterStep after = run_steps({position_, plan_.range.end});
    if (after.go == Go::kResume && resume()) continue;
    if (after.go == Go::kNext && seat_.running() && !plan_.range.empty()) {
      after = judge_.judge_finish(seat_.run().finish(), plan_.range.end - 1);
    }
    result.ended = after.go == Go::kEnd;
    result.verdict = result.ended ? findings_.conclude(std::move(after.end))
                                  : findings_.conclude_all_ran(outlives_claim());
    return;
  }
}

// The recording claims that an engine ended in one of these steps: that this one did not is found.
bool Replay::outlives_claim() const {
  const Claim* claim = recording_.claim();
  if (claim == nullptr || !claim->verdict || !claim->verdict->step) return false;
  const std::string& kind = claim->verdict->kind;
  const bool an_end =
      kind == to_string(VerdictKind::kCrashed) || kind == to_string(VerdictKind::kLimit);
  return an_end && plan_.range.contains(*claim->verdict->step);
}

AfterStep Replay::run_steps(StepRange range) {
  const std::unique_ptr<StepStream> stream = recording_.steps(request_.subject_id, range);
  Step step;
  while (stream->next(step)) {
    if (interrupt_.requested()) return {Go::kEnd, verdict_of_end(StepInterrupted{}, position_)};
    if (step.number != position_ || !range.contains(step.number)) {
      return end_unjudged("the recording gave step " + std::to_string(step.number) +
                          " where step " + std::to_string(position_) + " was due");
    }
    RECRANK_LOG(kDebug, "judge", "step", {"subject", request_.subject_id}, {"step", step.number});
    findings_.note_recorded(step);
    observation_.begin(step, worker());
    AfterStep after = do_step(step);
    if (after.go == Go::kLivedOn) return behind_the_record(step);
    if (after.go != Go::kNext) {
      observation_.died(step, worker());
      return after;
    }
    ++findings_.compared.steps;
    observation_.end(step, worker());
    after = perturb();
    if (after.go != Go::kNext) return after;
    ++position_;
  }
  if (position_ == range.end) return {};
  return end_unjudged("the recording ended before step " + std::to_string(position_) +
                      ", which it claims to hold");
}

AfterStep Replay::do_step(const Step& step) {
  switch (step.kind) {
    case StepKind::kInitializeWorker: return start(fresh_worker_at(step.number), step.number);
    case StepKind::kLoadSnapshot: return load_snapshot(step);
    case StepKind::kSaveSnapshot: return save_snapshot(step);
    case StepKind::kShutdownWorker: seat_.end(); return {};
    case StepKind::kDelivery: break;
  }
  AfterStep ready = need_worker(step);
  return ready.go == Go::kNext ? deliver(step) : ready;
}

AfterStep Replay::need_worker(const Step& step) {
  if (seat_.running()) return {};
  if (start_) return start(*start_, step.number);
  for (const Checkpoint& checkpoint : startable_checkpoints(recording_, request_)) {
    if (checkpoint.next_step == step.number) return start(checkpoint, step.number);
  }
  return end_unjudged("no worker runs at step " + std::to_string(step.number) +
                      ", and no checkpoint is there to start one from");
}

// The recording kernel may have restarted its worker here; a running one just goes on. It can only
// have been from the heap that was saved last.
AfterStep Replay::load_snapshot(const Step& step) {
  const bool from_heap = start_ && request_.snapshot_trust == SnapshotTrust::kHash;
  const std::string& before = from_heap ? start_->sha256 : saved_;
  if (!before.empty() && !step.expected_snapshot.empty() && before != step.expected_snapshot) {
    return end_unjudged("the evidence contradicts itself: step " + std::to_string(step.number) +
                        " loads the heap " + printable(step.expected_snapshot, 80) +
                        ", and the one that was saved before it is " + printable(before, 80));
  }
  return need_worker(step);
}

AfterStep Replay::start(const Checkpoint& checkpoint, uint64_t step) {
  RECRANK_LOG(kInfo, "judge", "starting", {"subject", request_.subject_id},
              {"checkpoint", checkpoint.label()}, {"step", step});
  std::optional<Verdict> failed = seat_.start(checkpoint, step);
  start_.reset();
  if (failed) return {Go::kEnd, std::move(*failed)};
  observation_.process_started();
  return {};
}

AfterStep Replay::perturb() {
  const uint64_t reloads = perturber_.reloads();
  if (std::optional<Verdict> failed = perturber_.after(position_)) {
    ended_in_perturbation_ = failed->kind != VerdictKind::kInterrupted;
    return {Go::kEnd, std::move(*failed)};
  }
  if (perturber_.reloads() != reloads) observation_.process_reloaded();
  return {};
}

AfterStep Replay::deliver(const Step& step) {
  CallHandler& handler = observation_.counted(judge_.begin(step));
  const StepOutcome outcome = seat_.run().apply(step, handler);
  observation_.answered(outcome);
  return judge_.judge_delivery(step, outcome);
}

AfterStep Replay::save_snapshot(const Step& step) {
  saved_ = step.expected_snapshot;
  const bool wanted = request_.compare.snapshots && !step.expected_snapshot.empty();
  if (!wanted || !seat_.running()) return {};
  std::string sha256;
  const StepOutcome outcome = seat_.run().write_snapshot(sha256);
  return judge_.judge_snapshot(step, outcome, sha256);
}

// Moves to the next checkpoint behind the step that could not be ended; false: there is none.
bool Replay::resume() {
  seat_.end();
  const uint64_t stuck = position_;
  for (const Checkpoint& checkpoint : startable_checkpoints(recording_, request_)) {
    const bool ahead = checkpoint.next_step > stuck && checkpoint.next_step < plan_.range.end;
    if (!ahead) continue;
    start_ = checkpoint;
    position_ = checkpoint.next_step;
    findings_.add_note("step " + std::to_string(stuck) + " has no recorded answer to go on with: " +
                       "went on from " + checkpoint.label());
    return true;
  }
  findings_.add_note("step " + std::to_string(stuck) + " has no recorded answer to go on with" +
                     (stuck + 1 < plan_.range.end
                          ? ", and no checkpoint follows: steps " + std::to_string(stuck + 1) +
                                ".." + std::to_string(plan_.range.end - 1) + " were not run"
                          : ""));
  return false;
}

// The step was done as far as it is recorded; nothing can be recorded behind it.
AfterStep Replay::behind_the_record(const Step& step) {
  ++findings_.compared.steps;
  observation_.end(step, worker());
  seat_.end();
  if (++position_ == plan_.range.end) return {};
  return end_unjudged("the recording ends inside step " + std::to_string(step.number) +
                      ", and holds steps behind it all the same");
}

AfterStep Replay::end_unjudged(const std::string& reason) const {
  return {Go::kEnd, unjudged(reason, position_)};
}

}  // namespace

ReplayResult replay(const Recording& recording, const Engine& engine, const ReplayRequest& request,
                    const ReplayPlan& plan, const Interrupt& interrupt, ReplayObserver* observer) {
  return Replay(recording, engine, request, plan, interrupt, observer).run();
}

}  // namespace recrank
