#include "replay/judge/free_run.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "replay/dialect.h"
#include "replay/judge/same_finding.h"
#include "replay/judge/step_end.h"
#include "replay/judge/worker_seat.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

// What is observed lies in memory until it is written.
constexpr size_t kObservedBytesMax = size_t{1} << 30;

class FreeRun {
 public:
  FreeRun(const FreeRunContext& context, const Interrupt& interrupt,
          std::vector<MadeStep>* observed)
      : context_(context),
        interrupt_(interrupt),
        observed_(observed),
        seat_(context.recording, context.engine, context.request, {}, interrupt),
        dialect_(dialect_of(context.recording)),
        answers_(context.known.model()) {}

  FreeRunResult run(const std::vector<uint64_t>& steps) {
    const uint64_t first = context_.checkpoint.next_step;
    if (auto failed = seat_.start(context_.checkpoint, first)) {
      if (observed_ != nullptr) note_failed_start(*failed);
      settle(std::move(*failed));
      return std::move(result_);
    }
    // Steps that follow each other come out of one stream.
    for (size_t i = 0; i < steps.size();) {
      size_t last = i;
      while (last + 1 < steps.size() && steps[last + 1] == steps[last] + 1) ++last;
      if (!run_steps({steps[i], steps[last] + 1})) break;
      i = last + 1;
    }
    return std::move(result_);
  }

 private:
  // False when the run is over.
  bool run_steps(StepRange range) {
    const auto stream = context_.recording.steps(context_.request.subject_id, range);
    Step step;
    while (stream->next(step)) {
      if (interrupt_.requested()) {
        result_.end = FreeRunEnd::kInterrupted;
        return false;
      }
      ++result_.steps_run;
      MadeStep made = begin_step(step);
      const bool lives = step.kind == StepKind::kSaveSnapshot ? save(made) : deliver(step, made);
      keep(std::move(made));
      if (!lives) return false;
    }
    return true;
  }

  static MadeStep begin_step(const Step& step) {
    MadeStep made;
    made.origin = step.number;
    made.kind = step.kind;
    made.delivery = step.delivery;
    made.facts_tell_delivery = step.facts_tell_delivery;
    made.summary = step.summary;
    made.open_end = step.open_end;
    made.block = step.block;
    made.crank = step.crank;
    return made;
  }

  bool deliver(const Step& step, MadeStep& made) {
    answers_->begin(observed_ != nullptr ? &made.calls : nullptr);
    const StepOutcome outcome = seat_.run().apply(step, *answers_);
    if (const auto* done = std::get_if<StepDone>(&outcome)) {
      answers_->end(done->ok);
      dialect_.records_ends() ? note_end_of_delivery(*done, made) : note_answer(step, *done, made);
      return true;
    }
    if (std::holds_alternative<StepStopped>(outcome)) {
      result_.end = FreeRunEnd::kUnanswerable;
      result_.reason = answers_->unanswerable();
      return false;
    }
    die(outcome, made);
    return false;
  }

  // As its recorder would have recorded it.
  static void note_end_of_delivery(const StepDone& done, MadeStep& made) {
    made.status = done.ok ? RecordedStatus::kOk : RecordedStatus::kFailed;
    if (!done.ok) made.failure_text = answered_error(done.result);
    made.computrons = done.computrons;
  }

  static void note_answer(const Step& recorded, const StepDone& done, MadeStep& made) {
    if (!recorded.expected_result.empty()) made.expected_result = done.result;
    for (const NamedFact& fact : done.facts) {
      const bool is_recorded =
          std::any_of(recorded.facts.begin(), recorded.facts.end(),
                      [&](const NamedFact& each) { return each.name == fact.name; });
      if (!is_recorded) continue;
      made.facts.push_back({std::string(fact.name), std::string(fact.value), fact.local});
    }
  }

  bool save(MadeStep& made) {
    std::string sha256;
    const StepOutcome outcome = seat_.run().write_snapshot(sha256);
    if (const auto* done = std::get_if<StepDone>(&outcome)) {
      made.expected_snapshot = done->ok ? sha256 : "";
      return true;
    }
    die(outcome, made);
    return false;
  }

  void die(const StepOutcome& outcome, MadeStep& made) {
    Verdict verdict = verdict_of_end(outcome, made.origin);
    note_end(verdict, made);
    settle(std::move(verdict));
  }

  // As its recorder would have recorded it; without a sentence for it the step says nothing of its
  // end.
  void note_end(const Verdict& verdict, MadeStep& made) const {
    if (made.kind != StepKind::kDelivery || made.open_end || !dialect_.records_ends()) return;
    const std::string& id = context_.request.subject_id;
    const Setup setup = context_.recording.setup(id, context_.checkpoint.next_step);
    made.failure_text = dialect_.failure_text(verdict, id, setup.label);
    if (!made.failure_text.empty()) made.status = RecordedStatus::kFailed;
  }

  // The worker died before its first step: that step stands for it, so that there is one.
  void note_failed_start(const Verdict& verdict) {
    if (!verdict.step) return;
    const auto stream =
        context_.recording.steps(context_.request.subject_id, {*verdict.step, *verdict.step + 1});
    Step step;
    if (stream->next(step)) observed_->push_back(begin_step(step));
  }

  void settle(Verdict verdict) {
    const VerdictKind kind = verdict.kind;
    if (kind == VerdictKind::kInterrupted) {
      result_.end = FreeRunEnd::kInterrupted;
    } else if (kind == VerdictKind::kCrashed || kind == VerdictKind::kLimit) {
      result_.end = FreeRunEnd::kFinding;
      result_.verdict = std::move(verdict);
    } else {
      result_.end = FreeRunEnd::kUnanswerable;
      result_.reason = verdict.reason;
    }
  }

  void keep(MadeStep made) {
    if (observed_ == nullptr) return;
    observed_bytes_ += made.bytes();
    if (observed_bytes_ > kObservedBytesMax) {
      throw Error(ErrorCode::kUnsupported, "what the kept steps did takes more than " +
                                               format_bytes(kObservedBytesMax) +
                                               ": that is not written anew");
    }
    observed_->push_back(std::move(made));
  }

  const FreeRunContext& context_;
  const Interrupt& interrupt_;
  std::vector<MadeStep>* observed_;
  size_t observed_bytes_ = 0;
  WorkerSeat seat_;
  const Dialect& dialect_;
  std::unique_ptr<AnswerModel> answers_;
  FreeRunResult result_;
};

}  // namespace

FreeItems free_items(const Recording& recording, const ReplayRequest& request,
                     const Checkpoint& checkpoint, uint64_t last, const Interrupt& interrupt) {
  FreeItems found;
  const Dialect& dialect = dialect_of(recording);
  const auto stream = recording.steps(request.subject_id, {checkpoint.next_step, last + 1});
  Step step;
  while (!interrupt.requested() && stream->next(step)) {
    if (step.kind == StepKind::kInitializeWorker && step.number != checkpoint.next_step) {
      throw Error(ErrorCode::kUnsupported, recording.info().path + ": " + request.subject_id +
                                               ": a new worker begins at step " +
                                               std::to_string(step.number));
    }
    const bool collects = step.kind == StepKind::kSaveSnapshot && request.compare.snapshots &&
                          !step.expected_snapshot.empty();
    if (checkpoint.kind == CheckpointKind::kGenesis && dialect.begins_subject(step)) {
      found.forced.push_back(step.number);
    } else if (step.kind == StepKind::kDelivery || collects) {
      found.items.push_back(step.number);
    }
  }
  return found;
}

std::vector<Checkpoint> free_run_starts(const Recording& recording, const ReplayRequest& request,
                                        uint64_t last) {
  if (request.from) {
    ReplayRequest asked = request;
    asked.to = last;
    return {plan_replay(recording, asked).checkpoint};
  }
  const Subject& subject = find_subject(recording, request.subject_id);
  const auto held = std::find_if(subject.held.begin(), subject.held.end(),
                                 [&](const StepRange& range) { return range.contains(last); });
  std::optional<Checkpoint> genesis;
  std::optional<Checkpoint> heap;
  for (const Checkpoint& each : recording.checkpoints(subject.id)) {
    const bool reachable = each.available && each.only_when_asked.empty() &&
                           held != subject.held.end() && held->contains(each.next_step) &&
                           each.next_step <= last;
    if (each.next_step > last) break;
    if (each.kind == CheckpointKind::kGenesis) {
      // A worker that begins here ends what the heaps before it can reach.
      genesis = reachable ? std::optional(each) : std::nullopt;
      heap.reset();
    } else if (reachable) {
      heap = each;
    }
  }
  std::vector<Checkpoint> starts;
  if (heap && !request.from_genesis) starts.push_back(*heap);
  if (genesis) starts.push_back(*genesis);
  return starts;
}

FreeRunResult free_run(const FreeRunContext& context, const std::vector<uint64_t>& steps,
                       const Interrupt& interrupt, std::vector<MadeStep>* observed) {
  return FreeRun(context, interrupt, observed).run(steps);
}

}  // namespace recrank
