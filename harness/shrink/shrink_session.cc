#include "harness/shrink/shrink_session.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "harness/session/nearby_steps.h"
#include "harness/session/rate.h"
#include "harness/session/replay_session.h"
#include "harness/shrink/capsule_proof.h"
#include "harness/shrink/predicate_command.h"
#include "harness/shrink/shrink_by_front_cut.h"
#include "harness/shrink/shrink_state.h"
#include "harness/shrink/shrunk_capsule.h"
#include "replay/dialect.h"
#include "replay/judge/free_run.h"
#include "replay/judge/same_finding.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kRateRuns =
    10;  // of a history that does not show it, to say how rare it must be
constexpr auto kSaveEvery = std::chrono::seconds(1);
// Probes without a gain, beyond those of the last 0, 1, 2, 4, … steps, until it is asked why.
constexpr size_t kPatience = 4;

// The rate from which on it would have been seen more often, at 95 %.
double excluded_above(const Tried& tried) {
  if (tried.tries == 0) return 1;
  if (tried.hits > 0) return rate_interval(tried.hits, tried.tries).high;
  return 1 - std::pow(0.05, 1 / static_cast<double>(tried.tries));
}

bool is_finding(const Verdict& verdict) {
  return verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kLimit ||
         (verdict.kind == VerdictKind::kDiverged && !verdict.divergences.empty());
}

// Two states may stand before one step: --checkpoint brings another.
std::string start_key(const Checkpoint& start) {
  return start.sha256.empty() ? start.label() : start.label() + " " + start.sha256;
}

class Shrink {
 public:
  Shrink(const Recording& recording, const Engine& engine, const ShrinkRequest& request,
         const Interrupt& interrupt, const ShrinkObserver& observer)
      : recording_(recording),
        engine_(engine),
        request_(request),
        interrupt_(interrupt),
        observer_(observer) {}

  ShrinkResult run() {
    std::error_code none;
    if (fs::exists(request_.capsule, none)) {
      throw Error(ErrorCode::kUsage,
                  request_.capsule.string() + " is there already; shrink replaces nothing");
    }
    if (!find()) return std::move(result_);
    if (must_cut_front()) {
      shrink_by_front_cut(recording_, engine_, request_, interrupt_, observer_, result_);
      return std::move(result_);
    }
    state_ = load_shrink_state(request_.state, fingerprint());
    const ReplayRequest& replay = request_.replay;
    for (const Checkpoint& start : free_run_starts(recording_, replay, last_)) {
      if (shrink_from(start)) return std::move(result_);
    }
    if (result_.why.empty())
      result_.why = "no checkpoint before step " + std::to_string(last_) + " is held";
    return std::move(result_);
  }

 private:
  // Whether steps can be left out at the front only.
  [[nodiscard]] bool must_cut_front() const {
    const ReplayResult& found = result_.finding.result;
    return found.verdict.kind == VerdictKind::kDiverged ||
           found.plan.checkpoint.kind == CheckpointKind::kOwn;
  }

  // Replays until there is a finding. False: interrupted, or none came.
  bool find() {
    for (uint64_t i = 0; i < request_.rule.runs; ++i) {
      result_.finding = run_once(recording_, engine_, request_.replay, interrupt_).report;
      const Verdict& verdict = result_.finding.result.verdict;
      if (verdict.kind == VerdictKind::kInterrupted) {
        result_.end = ShrinkEnd::kInterrupted;
        return false;
      }
      if (is_finding(verdict) || verdict.kind != VerdictKind::kClean) break;
      ++result_.tried.tries;
      if (!request_.predicate.empty()) break;
    }
    const Verdict& verdict = result_.finding.result.verdict;
    if (is_finding(verdict) && verdict.step) {
      last_ = *verdict.step;
      return true;
    }
    if (!request_.predicate.empty() && verdict.kind == VerdictKind::kClean) {
      last_ = result_.finding.result.plan.range.end - 1;
      return true;
    }
    return refuse(verdict);
  }

  bool refuse(const Verdict& verdict) {
    if (verdict.kind != VerdictKind::kClean) {
      throw Error(ErrorCode::kUnsupported, "nothing to shrink: the replay is " + headline(verdict));
    }
    result_.why = "the replay is clean";
    result_.excluded_above = excluded_above(result_.tried);
    return false;
  }

  // All that an answer of a probe hangs on.
  [[nodiscard]] std::string fingerprint() const {
    const Verdict& verdict = result_.finding.result.verdict;
    const RecordingInfo& info = recording_.info();
    std::string text = fs::absolute(info.path).string() + "\n" + info.kind + "\n" +
                       request_.replay.subject_id + "\n" + engine_.identity().sha256 + "\n" +
                       finding_words(verdict) + "\n" + verdict.signature + "\n" +
                       std::to_string(last_) + "\n" + std::to_string(request_.rule.rate) + " of " +
                       std::to_string(request_.rule.runs) + "\n" + request_.predicate;
    for (const std::string& word : request_.carried) text += "\n" + word;
    for (const NamedText& each : request_.replay.user_setup.all()) {
      text += "\n" + each.name + " " + sha256_hex(each.text);
    }
    return sha256_hex(text);
  }

  // True when this start settled it.
  bool shrink_from(const Checkpoint& start) {
    const auto began = Clock::now();
    const std::unique_ptr<KnownAnswers> known =
        dialect_of(recording_)
            .gather_answers(recording_, request_.replay.subject_id, start, last_, interrupt_);
    const FreeItems items = free_items(recording_, request_.replay, start, last_, interrupt_);
    if (interrupt_.requested()) {  // what was read is not all
      result_.end = ShrinkEnd::kInterrupted;
      return true;
    }
    const FreeRunContext context{recording_, engine_, request_.replay, start, *known};
    result_.start = start;
    // A worker that dies while it starts does so before its first step.
    result_.steps_before = std::max<uint64_t>(1, items.forced.size() + items.items.size());
    const ShrunkSource source{recording_,      request_.replay,       start,
                              request_.engine, request_.engine_setup, request_.carried};
    const CandidateTest test = candidate_test(source);
    ShrinkProber prober(context, items, result_.finding.result.verdict, request_.rule,
                        request_.jobs, test, interrupt_);
    const DdminResult found = search(prober, items, start, began);
    result_.search_s += seconds_since(began);
    result_.probes += found.probes;
    result_.from_memory += found.from_memory;
    result_.counts = prober.counts();
    switch (found.end) {
      case DdminEnd::kInterrupted:
        result_.end =
            result_.why.empty() ? ShrinkEnd::kInterrupted : ShrinkEnd::kHangsOnCollections;
        return true;
      case DdminEnd::kNotThere: note_not_there(prober, found.kept, start); return false;
      case DdminEnd::kBudget: result_.out_of_budget = true; break;
      case DdminEnd::kMinimal: result_.minimal = true; break;
    }
    finish(prober, source, found.kept);
    return true;
  }

  DdminResult search(ShrinkProber& prober, const FreeItems& items, const Checkpoint& start,
                     Clock::time_point began) {
    ProbeMemory& memory = state_.starts[start_key(start)];
    ShrinkProgressNews news;
    news.before = result_.steps_before;
    news.best = news.before;
    DdminOptions options;
    options.batch = request_.jobs;
    options.probes_max = request_.probes_max;
    options.on_better = [&](const Kept& kept) { news.best = items.forced.size() + kept.size(); };
    options.out_of_time = [&] {
      return request_.seconds_max && seconds_since(began) > *request_.seconds_max;
    };
    const Probe probe = [&](const std::vector<Kept>& candidates) {
      save_now_and_then();
      const bool gained = news.best < news.before;
      if (!gained && news.probes >= patience_of(items) && hangs_on_collections(start)) {
        return std::vector<std::optional<ProbeAnswer>>(candidates.size());
      }
      auto answers = prober.probe(candidates);
      news.probes += candidates.size();
      if (observer_) observer_(news);
      return answers;
    };
    try {
      const DdminResult found = minimise(items.items.size(), probe, options, memory);
      save_shrink_state(request_.state, state_);
      return found;
    } catch (const Error&) {
      save_shrink_state(request_.state, state_);
      throw;
    }
  }

  static size_t patience_of(const FreeItems& items) {
    return kPatience + static_cast<size_t>(std::bit_width(items.items.size()));
  }

  // Steps that are left out move the collections of the rest. A finding that is gone once the heap
  // is written in the middle of its history (which collects), and there without it, hangs on that,
  // and no search would gain by more than luck. Asked once.
  bool hangs_on_collections(const Checkpoint& start) {
    const ReplayResult& found = result_.finding.result;
    const bool can_tell = found.verdict.kind == VerdictKind::kCrashed && request_.rule.runs == 1 &&
                          dialect_of(recording_).variations().writes_state &&
                          start.next_step + 1 < last_;
    if (std::exchange(asked_about_collections_, true) || !can_tell) return false;
    ReplayRequest collecting = request_.replay;
    const uint64_t middle = start.next_step + (last_ - start.next_step) / 2;
    collecting.perturbation.write_heap_after.steps = {middle};
    const Verdict with =
        run_once(recording_, engine_, collecting, interrupt_).report.result.verdict;
    const Verdict without =
        run_once(recording_, engine_, request_.replay, interrupt_).report.result.verdict;
    const bool came_again = same_crash_or_limit(without, found.verdict);
    if (interrupt_.requested() || !came_again || same_crash_or_limit(with, found.verdict)) {
      return false;
    }
    result_.why = "it hangs on when collections happen: with a heap written after step " +
                  std::to_string(middle) + ", which collects, the replay is " + headline(with) +
                  ", and without it crashed again. Leaving steps out moves collections too, and "
                  "has gained nothing; recrank pack keeps it whole, behind the nearest heap";
    return true;
  }

  void save_now_and_then() {
    if (Clock::now() - saved_ < kSaveEvery) return;
    save_shrink_state(request_.state, state_);
    saved_ = Clock::now();
  }

  void note_not_there(const ShrinkProber& prober, const Kept& all, const Checkpoint& start) {
    const HoldRule rule{1, kRateRuns};
    result_.tried = prober.try_candidate(all, rule, true);
    result_.excluded_above = excluded_above(result_.tried);
    if (result_.tried.interrupted) result_.end = ShrinkEnd::kInterrupted;
    const std::string from =
        "from " + start.label() + ", answered by a model of the kernel, the history ";
    result_.why = !result_.tried.unknown.empty() ? from + "cannot be run: " + result_.tried.unknown
                  : result_.tried.hits > 0       ? from + "shows it too seldom for --rate"
                                                 : from + "does not show it";
  }

  [[nodiscard]] CandidateTest candidate_test(const ShrunkSource& source) {
    if (request_.predicate.empty()) return {};
    return [this, &source](const FreeRunResult& ran,
                           std::vector<MadeStep> steps) -> std::optional<bool> {
      if (steps.empty()) return false;
      const fs::path file =
          scratch_.path() / ("candidate-" + std::to_string(next_candidate_++) + ".crank");
      std::optional<Verdict> verdict;
      if (ran.end == FreeRunEnd::kFinding) verdict = ran.verdict;
      write_shrunk_capsule(source, made_from(source, std::move(steps)), verdict, file);
      const auto holds = run_predicate(request_.predicate, file, interrupt_);
      fs::remove(file);
      return holds;
    };
  }

  void finish(const ShrinkProber& prober, const ShrunkSource& source, const Kept& kept) {
    auto observed = prober.observe(kept, request_.rule.runs);
    if (interrupt_.requested()) {
      result_.end = ShrinkEnd::kInterrupted;
      return;
    }
    result_.end = ShrinkEnd::kNotProven;
    if (!observed) {
      result_.why = "the steps that are left did not show it again when they were observed";
      return;
    }
    const MadeRecording made = made_from(source, std::move(observed->steps));
    tell_kept(made);
    const UnfinishedDirectory room(request_.capsule);
    const fs::path unproven = room.path() / "unproven.crank";
    std::optional<Verdict> verdict;
    if (observed->result.end == FreeRunEnd::kFinding) verdict = observed->result.verdict;
    write_shrunk_capsule(source, made, verdict, unproven);
    if (!prove(unproven)) return;
    name_capsule(unproven, request_.capsule);
    if (result_.minimal || result_.flaky) fs::remove(request_.state);
    result_.end = ShrinkEnd::kShrunk;
  }

  void tell_kept(const MadeRecording& made) {
    const std::string& id = request_.replay.subject_id;
    const auto stream = made.steps(id, {0, made.made_steps().size()});
    Step step;
    while (stream->next(step)) {
      result_.kept.push_back(made.made_steps()[step.number].origin);
      result_.kept_words.push_back(describe_delivery(dialect_of(recording_), step));
    }
  }

  // The capsule's own replay shows it, as often as it must.
  bool prove(const fs::path& file) {
    const auto same = [&](const Verdict& verdict) {
      return same_crash_or_limit(verdict, result_.finding.result.verdict);
    };
    CapsuleProof proof = prove_capsule(file, engine_, request_, interrupt_, same);
    if (proof.shown && request_.predicate.empty()) {
      add_runs(file, engine_, request_, interrupt_, same, proof);
    }
    result_.shown = proof.shown_in();
    result_.flaky = !result_.shown.always() && request_.rule.runs == 1;
    result_.minimal = result_.minimal && !result_.flaky;
    if (proof.interrupted) result_.end = ShrinkEnd::kInterrupted;
    if (proof.shown) result_.verdict = *proof.shown;
    if (proof.interrupted || proof.shown) return !proof.interrupted;
    result_.why = "the capsule's own replay is " + headline(proof.other) + " (" +
                  std::to_string(proof.hits) + " of " + std::to_string(proof.runs) +
                  " runs showed the finding)";
    return false;
  }

  const Recording& recording_;
  const Engine& engine_;
  const ShrinkRequest& request_;
  const Interrupt& interrupt_;
  const ShrinkObserver& observer_;
  ScratchDir scratch_;
  std::atomic<uint64_t> next_candidate_{0};
  uint64_t last_ = 0;
  ShrinkState state_;
  Clock::time_point saved_ = Clock::now();
  bool asked_about_collections_ = false;
  ShrinkResult result_;
};

}  // namespace

ShrinkResult run_shrink(const Recording& recording, const Engine& engine,
                        const ShrinkRequest& request, const Interrupt& interrupt,
                        const ShrinkObserver& observer) {
  try {
    return Shrink(recording, engine, request, interrupt, observer).run();
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::kIo, error.what());
  }
}

}  // namespace recrank
