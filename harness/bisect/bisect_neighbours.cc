#include "harness/bisect/bisect_neighbours.h"

#include <algorithm>

#include "harness/bisect/bisect_caution.h"
#include "harness/session/rate.h"

namespace recrank {
namespace {

Tally tally_of(const ProbeTally& tally) { return {tally.met, tally.judged()}; }

class Confirmation {
 public:
  explicit Confirmation(BisectWork& work) : work_(work) {}

  bool confirm() {
    const auto pair = work_.neighbours();
    if (!pair) return true;
    const size_t good = work_.owner(pair->first);
    const size_t bad = work_.owner(pair->second);
    confirm_at_start(good);
    confirm_from_whole(good, bad);
    work_.prober.save();
    EngineProbe& probe = work_.result.engines[good];
    if (probe.tally.met + probe.confirmed.met == 0) return true;
    work_.result.notes.push_back(work_.shelf.name(good) +
                                 " had passed, and showed the finding when it was "
                                 "run again");
    for (EngineProbe& each : work_.result.engines) {
      if (each.key != probe.key || !each.answer) continue;
      each.word = ProbeWord::kBad;
      each.answer = EngineAnswer::kBad;
      each.tally = probe.tally;
      each.confirmed = probe.confirmed;
      each.shown = probe.shown;
    }
    return false;
  }

 private:
  // So many runs that not one of all the engines called good is likely to be a miss.
  void confirm_at_start(size_t good) {
    if (work_.request.rule.runs_max == 1) return;
    BisectRule strict = work_.request.rule;
    strict.miss_max /= static_cast<double>(std::max<uint64_t>(1, work_.goods()));
    const uint64_t wanted =
        std::min(work_.request.rule.runs_max, misses_needed(work_.question.least_rate, strict));
    EngineProbe& probe = work_.result.engines[good];
    const OpenedCandidate& engine = work_.shelf.open(good, work_.interrupt);
    work_.tell(good);
    work_.prober.run_up_to(engine, work_.plan_of(probe, engine), *work_.result.hunted, wanted,
                           work_.options.jobs, probe.tally, probe);
  }

  // From the start of the whole range until the two differ: 3 of 3 against 0 of 3 at the least.
  void confirm_from_whole(size_t good, size_t bad) {
    const BisectRule& rule = work_.request.rule;
    const uint64_t last = rule.runs_max == 1 ? 1 : rule.runs_max;
    uint64_t wanted = std::min(last, kConfirmRuns);
    for (;;) {
      const ProbeTally& of_bad = run_from_whole(bad, wanted);
      const ProbeTally& of_good = run_from_whole(good, wanted);
      if (work_.interrupt.requested() || of_good.met > 0) return;
      const bool enough = rule.runs_max == 1 ? of_bad.met > 0 && of_good.judged() > 0
                                             : differ(tally_of(of_bad), tally_of(of_good));
      work_.result.confirmed = enough;
      const bool stuck = of_bad.judged() < wanted || of_good.judged() < wanted;
      if (enough || stuck || wanted >= last) return;
      wanted = std::min(last, wanted + std::max(kConfirmRuns, work_.options.jobs));
    }
  }

  const ProbeTally& run_from_whole(size_t index, uint64_t wanted) {
    EngineProbe& probe = work_.result.engines[index];
    const OpenedCandidate& engine = work_.shelf.open(index, work_.interrupt);
    const ReplayPlan own = work_.plan_of(probe, engine);
    const bool starts_there = has_bundles(engine) || own.range == work_.question.plans.whole.range;
    ProbeTally& tally = starts_there ? probe.tally : probe.confirmed;
    work_.tell(index);
    work_.prober.run_up_to(engine, starts_there ? own : work_.question.plans.whole,
                           *work_.result.hunted, wanted, work_.options.jobs, tally, probe);
    return tally;
  }

  BisectWork& work_;
};

}  // namespace

bool confirm_neighbours(BisectWork& work) { return Confirmation(work).confirm(); }

void look_behind_good(BisectWork& work) {
  const auto pair = work.neighbours();
  if (!pair || work.request.variations == 0) return;
  const size_t good = work.owner(pair->first);
  const OpenedCandidate& engine = work.shelf.open(good, work.interrupt);
  work.tell(good);
  work.result.caution = look_behind(work.recording, engine, work.prober, *work.result.hunted,
                                    work.plan_of(work.result.engines[good], engine), work.request);
  work.result.caution->engine = pair->first;
}

void bound_misses(BisectWork& work) {
  work.result.goods_on_path = work.goods();
  const auto pair = work.neighbours();
  if (!pair || work.request.rule.runs_max == 1 || !work.result.bad_end) return;
  const uint64_t runs = work.result.engines[work.owner(pair->first)].tally.passed;
  work.result.miss_bound = std::min(1.0, static_cast<double>(work.result.goods_on_path) *
                                             miss_chance(work.question.least_rate, runs));
}

}  // namespace recrank
