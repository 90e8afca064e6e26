#include "harness/shrink/shrink_by_front_cut.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/unfinished.h"
#include "harness/session/nearby_steps.h"
#include "harness/session/written_checkpoint.h"
#include "harness/shrink/capsule_proof.h"
#include "harness/shrink/front_cut.h"
#include "harness/shrink/shrunk_capsule.h"
#include "replay/dialect.h"
#include "replay/judge/same_finding.h"
#include "replay/verdict_words.h"
#include "snapshot/open/open_recording.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kPlacesMax = 10'000'000;

// Up to which the history is kept: that of the finding, where there is one.
uint64_t last_step(const ReplayResult& found) {
  if (!found.verdict.divergences.empty()) return found.verdict.divergences.front().step;
  return found.verdict.step.value_or(found.plan.range.end - 1);
}

class Cut {
 public:
  Cut(const Recording& recording, const Engine& engine, const ShrinkRequest& request,
      const Interrupt& interrupt, const ShrinkObserver& observer, ShrinkResult& result)
      : recording_(recording),
        engine_(engine),
        request_(request),
        interrupt_(interrupt),
        observer_(observer),
        result_(result),
        plan_(result.finding.result.plan),
        step_(last_step(result.finding.result)),
        room_(request.capsule) {}

  void run() {
    const auto began = Clock::now();
    result_.by_front_cut = true;
    begin_at_worker();
    result_.start = plan_.checkpoint;
    result_.steps_before = step_ + 1 - plan_.range.begin;
    find_places();
    FrontCut found = search(began);
    if (cannot_write_) {
      // Only what the recording holds is left to begin at.
      recorded_only_ = true;
      std::erase_if(places_, [&](uint64_t place) { return recorded_at(place) == nullptr; });
      found = search(began);
    }
    if (found.place && !found.interrupted) {
      confirm(found);
      found.interrupted = interrupt_.requested();
    }
    result_.search_s = seconds_since(began);
    result_.out_of_budget = found.out_of_budget && !found.tight;
    if (found.interrupted) {
      result_.end = ShrinkEnd::kInterrupted;
    } else if (!found.place) {
      result_.end = ShrinkEnd::kNotProven;
      result_.why = "no capsule of its last steps shows the same; from " +
                    plan_.checkpoint.label() + ": " + trouble_;
    } else {
      take();
    }
  }

 private:
  // Of the incarnation that the finding is in; checkpoints before it begin with another worker.
  void begin_at_worker() {
    checkpoints_ = recording_.checkpoints(request_.replay.subject_id);
    std::erase_if(checkpoints_, [&](const Checkpoint& each) {
      const bool chosen = each.next_step == plan_.checkpoint.next_step;
      return !each.available || !plan_.range.contains(each.next_step) || each.next_step > step_ ||
             (!each.only_when_asked.empty() && !chosen);
    });
    for (const Checkpoint& each : checkpoints_) {
      if (each.kind != CheckpointKind::kGenesis || each.next_step <= plan_.range.begin) continue;
      plan_.checkpoint = each;
      plan_.range.begin = each.next_step;
    }
    plan_.range.end = step_ + 1;
  }

  // The front, and every delivery behind it.
  void find_places() {
    places_ = {plan_.range.begin};
    const auto stream = recording_.steps(request_.replay.subject_id, plan_.range);
    Step step;
    while (!interrupt_.requested() && stream->next(step)) {
      const bool place = step.kind == StepKind::kDelivery || recorded_at(step.number) != nullptr;
      if (!place || step.number == plan_.range.begin) continue;
      if (places_.size() == kPlacesMax) {
        throw Error(ErrorCode::kUnsupported,
                    recording_.info().path + ": more than " + std::to_string(kPlacesMax) +
                        " steps before the difference; --from N nearer to it");
      }
      places_.push_back(step.number);
    }
  }

  FrontCut search(Clock::time_point began) {
    FrontCutOptions options;
    options.probes_max = request_.probes_max;
    options.out_of_time = [&] {
      const bool spent = request_.seconds_max && seconds_since(began) > *request_.seconds_max;
      return gives_up_writing() || spent;
    };
    return cut_front(
        places_.size(), [&](size_t place) { return probe(places_[place]); }, options);
  }

  FrontAnswer probe(uint64_t first) {
    if (interrupt_.requested()) return FrontAnswer::kInterrupted;
    if (!gives_up_writing()) ++result_.probes;
    const FrontAnswer answer = try_from(first);
    const uint64_t cut = best_first_ == 0 ? 0 : best_first_ - plan_.range.begin;
    if (observer_) observer_({result_.probes, result_.steps_before - cut, result_.steps_before});
    return interrupt_.requested() ? FrontAnswer::kInterrupted : answer;
  }

  // The engine turned out to write nothing: the search begins again with other places.
  [[nodiscard]] bool gives_up_writing() const { return cannot_write_ && !recorded_only_; }

  FrontAnswer try_from(uint64_t first) {
    if (gives_up_writing()) return FrontAnswer::kFails;
    if (const Checkpoint* recorded = recorded_at(first)) return try_capsule(recording_, *recorded);
    CheckpointAttempt attempt =
        write_checkpoint_before(recording_, engine_, request_.replay, plan_, first, interrupt_);
    ++result_.counts.runs;
    result_.counts.steps_run += attempt.deliveries;
    cannot_write_ = attempt.cannot_write;
    if (!attempt.written) {
      trouble_ = "no checkpoint could be written before step " + std::to_string(first) + ": " +
                 attempt.trouble;
      ++result_.counts.unknown[cannot_write_ ? attempt.trouble : "a checkpoint was not written"];
      return FrontAnswer::kFails;
    }
    return try_capsule(*attempt.written->recording, attempt.written->checkpoint);
  }

  FrontAnswer try_capsule(const Recording& recording, const Checkpoint& start) {
    const bool written = &recording != &recording_;
    const ShrunkSource source{recording,       request_.replay,       start,
                              request_.engine, request_.engine_setup, request_.carried};
    const fs::path candidate = room_.path() / "candidate.crank";
    std::error_code none;
    fs::remove(candidate, none);  // one that did not hold
    write_cut_capsule(source, {start.next_step, step_ + 1}, result_.finding.result.verdict,
                      {.written = written, .path = candidate});
    const CapsuleProof proof = replayed(candidate, written);
    if (asks_later_) {
      result_.later = proof.shown_in();
      return FrontAnswer::kFails;
    }
    if (!proof.shown) return FrontAnswer::kFails;
    fs::rename(candidate, best());
    best_proof_ = proof;
    result_.verdict = *proof.shown;
    result_.begins = start;
    result_.begins_written = written;
    best_first_ = start.next_step;
    return FrontAnswer::kHolds;
  }

  // By the capsule's own replay, as often as it must; for a claim some more.
  CapsuleProof replayed(const fs::path& file, bool written) {
    const auto same = [&](const Verdict& verdict) { return shows_it(verdict, written); };
    CapsuleProof proof = prove_capsule(file, engine_, request_, interrupt_, same);
    if (asks_later_) add_runs(file, engine_, request_, interrupt_, same, proof);
    count(proof, {});
    if (proof.hits < proof.runs) trouble_ = "its replay is " + headline(proof.other);
    return proof;
  }

  [[nodiscard]] fs::path best() const { return room_.path() / "unproven.crank"; }

  void count(const CapsuleProof& now, const CapsuleProof& before) {
    result_.counts.runs += now.runs - before.runs;
    result_.counts.steps_run += now.steps_run - before.steps_run;
  }

  // What is claimed of the capsule, and of the one that begins a step later, rests on several runs.
  void confirm(const FrontCut& found) {
    const bool written = result_.begins_written;
    const CapsuleProof before = best_proof_;
    add_runs(
        best(), engine_, request_, interrupt_,
        [&](const Verdict& verdict) { return shows_it(verdict, written); }, best_proof_);
    count(best_proof_, before);
    result_.shown = best_proof_.shown_in();
    result_.flaky = !result_.shown.always() && request_.rule.runs == 1;
    const bool last = *found.place + 1 == places_.size();
    const bool asks = found.tight && !last && !cannot_write_ && request_.predicate.empty();
    if (asks) {
      asks_later_ = true;
      static_cast<void>(try_from(places_[*found.place + 1]));
    }
    const bool gone_later =
        result_.later.never() || (request_.rule.runs > 1 && result_.later.runs > 0);
    result_.minimal =
        found.tight && !cannot_write_ && !result_.flaky && (last || !asks || gone_later);
  }

  bool shows_it(const Verdict& verdict, bool written) {
    const Verdict& found = result_.finding.result.verdict;
    if (found.kind == VerdictKind::kDiverged) return same_first_difference(verdict, found, written);
    return verdict.step == found.step && same_crash_or_limit(verdict, found);
  }

  void take() {
    const auto capsule = open_recording(best());
    const auto stream = capsule->steps(request_.replay.subject_id, {best_first_, step_ + 1});
    Step step;
    while (stream->next(step)) {
      result_.kept.push_back(step.number);
      result_.kept_words.push_back(describe_delivery(dialect_of(recording_), step));
    }
    name_capsule(best(), request_.capsule);
    result_.end = ShrinkEnd::kShrunk;
  }

  // Where a replay can begin at that step without a checkpoint being written; nullptr: it cannot.
  [[nodiscard]] const Checkpoint* recorded_at(uint64_t step) const {
    if (step == plan_.checkpoint.next_step) return &plan_.checkpoint;
    const auto found = std::find_if(checkpoints_.begin(), checkpoints_.end(),
                                    [&](const Checkpoint& each) { return each.next_step == step; });
    return found == checkpoints_.end() ? nullptr : &*found;
  }

  const Recording& recording_;
  const Engine& engine_;
  const ShrinkRequest& request_;
  const Interrupt& interrupt_;
  const ShrinkObserver& observer_;
  ShrinkResult& result_;
  ReplayPlan plan_;  // from the beginning of the incarnation, if that is nearer, to the difference
  uint64_t step_;
  std::vector<Checkpoint> checkpoints_;  // recorded ones that may be begun at
  std::vector<uint64_t> places_;
  UnfinishedDirectory room_;  // of the capsules that have no name yet
  uint64_t best_first_ = 0;
  CapsuleProof best_proof_;
  bool asks_later_ = false;
  bool cannot_write_ = false;
  bool recorded_only_ = false;
  std::string trouble_;
};

}  // namespace

bool same_first_difference(const Verdict& a, const Verdict& b, bool same_answer) {
  if (a.kind != VerdictKind::kDiverged || b.kind != VerdictKind::kDiverged) return false;
  if (a.divergences.empty() || b.divergences.empty()) return false;
  const Divergence& x = a.divergences.front();
  const Divergence& y = b.divergences.front();
  return x.step == y.step && x.field == y.field && x.index == y.index && x.fact == y.fact &&
         x.expected == y.expected && (!same_answer || x.got == y.got);
}

void shrink_by_front_cut(const Recording& recording, const Engine& engine,
                         const ShrinkRequest& request, const Interrupt& interrupt,
                         const ShrinkObserver& observer, ShrinkResult& result) {
  Cut(recording, engine, request, interrupt, observer, result).run();
}

}  // namespace recrank
