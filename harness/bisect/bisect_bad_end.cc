#include "harness/bisect/bisect_bad_end.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/session/subject_report.h"

namespace recrank {
namespace {

class Meeting {
 public:
  explicit Meeting(BisectWork& work) : work_(work) {}

  bool meet() {
    const size_t count = work_.shelf.size();
    std::optional<size_t> clean;
    for (size_t k = 0; k < count && !work_.interrupt.requested(); ++k) {
      const size_t index = work_.options.find_fix ? k : count - 1 - k;
      if (!work_.open(index) || seen_clean(index)) continue;
      const std::optional<bool> met = meet_at(index);
      if (met.value_or(false)) return true;
      if (!met) continue;  // it cannot be judged: as good as not there
      clean_.push_back(index);
      if (clean) continue;
      clean = index;
      work_.result.notes.push_back(work_.shelf.name(index) + ", the bad end, shows no finding in " +
                                   counted(work_.request.discovery_runs, "run"));
      if (!work_.request.scan_when_clean && !work_.options.scan) break;
      work_.options.scan = true;
    }
    work_.result.why =
        clean ? "no engine that was asked shows a finding" : "no engine could be judged";
    return false;
  }

 private:
  // The same engine under another name was clean.
  [[nodiscard]] bool seen_clean(size_t index) const {
    return std::any_of(clean_.begin(), clean_.end(), [&](size_t other) {
      return work_.result.engines[other].key == work_.result.engines[index].key;
    });
  }

  // Whether the engine shows a finding in the whole range; nullopt: it cannot be judged.
  std::optional<bool> meet_at(size_t index) {
    const OpenedCandidate& engine = work_.shelf.open(index, work_.interrupt);
    EngineProbe& probe = work_.result.engines[index];
    ReplayPlan plan = work_.full;
    if (has_bundles(engine)) {
      const auto fresh =
          work_.fresh_plan(work_.full.range.begin, work_.full.range.end - 1, probe.why);
      if (!fresh) {
        probe.answer = EngineAnswer::kSkip;
        probe.word = ProbeWord::kUnjudged;
        return std::nullopt;
      }
      plan = *fresh;
    }
    const uint64_t tries_max = work_.request.rule.runs_max == 1 ? 1 : work_.request.discovery_runs;
    uint64_t killed = 0;
    for (uint64_t tries = 1; tries <= tries_max && !work_.interrupt.requested();) {
      const auto taken = work_.prober.run(engine, plan, 1, 1);
      if (taken.empty()) return std::nullopt;
      const BisectRun& run = taken.front().run;
      probe.start = plan.checkpoint;
      probe.shown = run;
      if (is_finding(run.verdict.kind) && run.verdict.step) {
        adopt(index, run, plan, tries);
        return true;
      }
      if (run.verdict.end.sent && ++killed < kKilledMax) continue;
      if (run.verdict.kind == VerdictKind::kUnjudged && (run.ended || run.verdict.end.sent)) {
        probe.answer = EngineAnswer::kSkip;
        probe.word = ProbeWord::kUnjudged;
        probe.why = run.verdict.reason;
        return std::nullopt;
      }
      ++tries;
    }
    work_.prober.save();
    return false;
  }

  void adopt(size_t index, const BisectRun& run, const ReplayPlan& plan, uint64_t tries) {
    work_.result.hunted =
        HuntedFinding{run.verdict, work_.result.engines[index].key, work_.request.any_finding};
    work_.result.bad_end = BadEnd{};
    work_.result.bad_end->index = index;
    work_.result.bad_end->tries = tries;
    work_.result.whole = plan;
    work_.result.whole.range.end = *run.verdict.step + 1;
  }

  BisectWork& work_;
  std::vector<size_t> clean_;  // engines on which the whole range shows nothing
};

class BadEndRate {
 public:
  explicit BadEndRate(BisectWork& work) : work_(work) {}

  void know() {
    plan_probes();
    BadEnd& bad = *work_.result.bad_end;
    EngineProbe& probe = work_.result.engines[bad.index];
    const bool fresh = has_bundles(work_.shelf.open(bad.index, work_.interrupt));
    ProbePlans& plans = work_.question.plans;
    bool near = !fresh && !(plans.near.range == plans.whole.range);
    if (near) {
      bad.tally = rate_from(plans.near, true);
      near = bad.tally.met > 0;
      if (!near) bad.near_missed = std::exchange(bad.tally, {});
    }
    if (!near) {
      plans.near = plans.whole;
      if (work_.request.rule.runs_max > 1) bad.tally = rate_from(work_.result.whole, false);
    }
    bad.start = near ? plans.near.checkpoint : work_.result.whole.checkpoint;
    bad.least_rate = least_rate(bad.tally.met, bad.tally.judged());
    work_.question.least_rate = bad.least_rate;
    work_.question.enough_runs = bad.enough_runs =
        runs_that_would_do(bad.tally, goods_expected(), work_.request.rule);
    probe.start = bad.start;
    probe.tally = bad.tally;
    if (!near) ++probe.tally.met;  // the run that met it first
    probe.word = ProbeWord::kBad;
    probe.answer = EngineAnswer::kBad;
    work_.prober.save();
  }

 private:
  // So many good ones a bisection meets at most, if one change is all there is.
  [[nodiscard]] uint64_t goods_expected() const {
    uint64_t halvings = 1;
    while (1ULL << halvings < work_.shelf.size()) ++halvings;
    return halvings;
  }

  void plan_probes() {
    const uint64_t step = *work_.result.hunted->verdict.step;
    ProbePlans& plans = work_.question.plans;
    plans.whole = work_.full;
    plans.whole.range.end = step + 1;
    plans.near = plans.whole;
    plans.fresh = work_.fresh_plan(work_.full.range.begin, step, plans.no_fresh);
    work_.question.hunted = *work_.result.hunted;
    work_.question.rule = work_.request.rule;
    if (work_.request.replay.from_genesis || step < plans.whole.range.begin) return;
    ReplayRequest request = work_.request.replay;
    request.from = step;
    request.to = step;
    try {
      plans.near = plan_replay(work_.recording, request);
    } catch (const Error&) {
      // No nearer checkpoint: the whole range serves.
    }
  }

  // Runs the bad end from one place until its rate is known well enough there.
  ProbeTally rate_from(const ReplayPlan& plan, bool must_show) {
    const size_t index = work_.result.bad_end->index;
    EngineProbe& probe = work_.result.engines[index];
    ProbeTally tally;
    const BisectRule& rule = work_.request.rule;
    uint64_t wanted = std::min(kBadEndRuns, rule.runs_max);
    while (!work_.interrupt.requested()) {
      work_.prober.run_up_to(work_.shelf.open(index, work_.interrupt), plan, *work_.result.hunted,
                             wanted, work_.options.jobs, tally, probe);
      if (tally.judged() < wanted || (must_show && tally.met == 0)) break;
      if (bad_end_is_known(tally.met, tally.judged(), rule)) break;
      wanted = std::min(rule.runs_max, tally.judged() + work_.options.jobs);
    }
    return tally;
  }

  BisectWork& work_;
};

}  // namespace

bool meet_finding(BisectWork& work) { return Meeting(work).meet(); }

void know_bad_end(BisectWork& work) { BadEndRate(work).know(); }

}  // namespace recrank
