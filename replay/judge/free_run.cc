#include "replay/judge/free_run.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/dialect.h"
#include "replay/judge/align_calls.h"
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
      const bool lives =
          step.kind == StepKind::kSaveSnapshot ? save(step, made) : deliver(step, made);
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
      if (observed_ != nullptr) claim_what_was_recorded(step, *done, made);
      return true;
    }
    if (std::holds_alternative<StepStopped>(outcome)) {
      result_.end = FreeRunEnd::kUnanswerable;
      result_.reason = answers_->unanswerable();
      return false;
    }
    if (observed_ != nullptr) claim_recorded_end(step, outcome, made);
    die(outcome, made);
    return false;
  }

  static bool calls_as_recorded(const Step& recorded, const MadeStep& made, bool to_the_end) {
    const size_t count = made.calls.size();
    if (count > recorded.calls.size() || (to_the_end && count != recorded.calls.size()))
      return false;
    for (size_t i = 0; i < count; ++i) {
      if (!same_call(recorded.calls[i].call, made.calls[i].call)) return false;
    }
    return true;
  }

  // With steps left out it is another history, and where that came out otherwise than it was
  // recorded nobody knows what it should have been. So of each step only what the recording holds
  // as well is expected of an engine; the rest answers its calls.
  static void claim_what_was_recorded(const Step& recorded, const StepDone& done, MadeStep& made) {
    made.unclaimed = !calls_as_recorded(recorded, made, true);
    if (made.unclaimed) return;
    const bool ok = recorded.status == RecordedStatus::kOk;
    const bool same_end = recorded.status && done.ok == ok &&
                          (ok || recorded.failure_text == answered_error(done.result));
    if (same_end) {
      made.status = recorded.status;
      made.failure_text = recorded.failure_text;
    }
    if (recorded.computrons == done.computrons) made.computrons = done.computrons;
    if (!recorded.expected_result.empty() && json_equal(recorded.expected_result, done.result)) {
      made.expected_result = recorded.expected_result;
    }
    claim_facts(recorded, done, made);
  }

  static void claim_facts(const Step& recorded, const StepDone& done, MadeStep& made) {
    for (const NamedFact& fact : done.facts) {
      const bool same =
          std::any_of(recorded.facts.begin(), recorded.facts.end(), [&](const NamedFact& each) {
            return each.name == fact.name && each.value == fact.value;
          });
      if (same) made.facts.push_back({std::string(fact.name), std::string(fact.value), fact.local});
    }
  }

  // The finding. Where it is recorded too, it is expected; else an engine may live on there.
  void claim_recorded_end(const Step& recorded, const StepOutcome& outcome, MadeStep& made) const {
    const bool failed = recorded.status == RecordedStatus::kFailed;
    const bool same_end = failed && calls_as_recorded(recorded, made, true) &&
                          met_again(dialect_.read_failure(recorded.failure_text), outcome);
    made.open_end = !same_end;
    made.unclaimed = !calls_as_recorded(recorded, made, false);
    if (!same_end) return;
    made.status = recorded.status;
    made.failure_text = recorded.failure_text;
  }

  bool save(const Step& recorded, MadeStep& made) {
    std::string sha256;
    const StepOutcome outcome = seat_.run().write_snapshot(sha256);
    if (const auto* done = std::get_if<StepDone>(&outcome)) {
      // Saved again in any case: it collects garbage.
      made.expected_snapshot = done->ok ? sha256 : "";
      made.unclaimed = made.expected_snapshot != recorded.expected_snapshot;
      return true;
    }
    die(outcome, made);
    return false;
  }

  void die(const StepOutcome& outcome, const MadeStep& made) {
    settle(verdict_of_end(outcome, made.origin));
  }

  // The worker died before its first step: that step stands for it, so that there is one.
  void note_failed_start(const Verdict& verdict) {
    if (!verdict.step) return;
    const auto stream =
        context_.recording.steps(context_.request.subject_id, {*verdict.step, *verdict.step + 1});
    Step step;
    if (!stream->next(step)) return;
    observed_->push_back(begin_step(step));
    observed_->back().open_end = true;
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
    // A replay that begins before its --from may find something on the way there.
    ReplayRequest asked = request;
    asked.from = std::min(*request.from, last);
    asked.to = last;
    return {plan_replay(recording, asked).checkpoint};
  }
  const Subject& subject = find_subject(recording, request.subject_id);
  const auto held = std::find_if(subject.held.begin(), subject.held.end(),
                                 [&](const StepRange& range) { return range.contains(last); });
  std::optional<Checkpoint> genesis;
  std::optional<Checkpoint> heap;
  for (const Checkpoint& each : recording.checkpoints(subject.id)) {
    const bool told_otherwise = has_bytes(each.kind) && needs_fresh_engine(request);
    const bool reachable = each.available && each.only_when_asked.empty() && !told_otherwise &&
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
