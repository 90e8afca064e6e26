#include "harness/bisect_session.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "base/error.h"
#include "harness/bisect_caution.h"
#include "harness/evidence_check.h"
#include "harness/rate.h"
#include "harness/verdict_report.h"

namespace recrank {
namespace {

uint64_t calls_of_step(const Recording& recording, const std::string& id, uint64_t number) {
  const auto stream = recording.steps(id, {number, number + 1});
  Step step;
  return stream->next(step) ? step.calls.size() : 0;
}

Tally tally_of(const ProbeTally& tally) { return {tally.met, tally.judged()}; }

class Bisection {
 public:
  Bisection(const Recording& recording, EngineShelf& shelf, const BisectRequest& request,
            ProbeCache& cache, const Interrupt& interrupt, const BisectObserver& observer)
      : recording_(recording), shelf_(shelf), request_(request), interrupt_(interrupt),
        observer_(observer), prober_(recording, request.replay, cache, interrupt),
        options_(request.options) {
    options_.jobs = std::max<size_t>(1, options_.jobs);
    result_.engines.resize(shelf.size());
    result_.find_fix = options_.find_fix;
  }

  BisectResult run() {
    if (!evidence_is_sound()) return finish(BisectStop::kUnjudged);
    if (!meet_finding()) {
      return finish(interrupt_.requested() ? BisectStop::kInterrupted : BisectStop::kNoFinding);
    }
    plan_probes();
    know_bad_end();
    while (!interrupt_.requested() && (search(), !interrupt_.requested())) {
      if (confirm()) break;  // else an engine that was good turned out bad
    }
    if (!interrupt_.requested()) look_behind_good();
    return finish(interrupt_.requested() ? BisectStop::kInterrupted : BisectStop::kSearched);
  }

 private:
  BisectResult finish(BisectStop stop) {
    prober_.save();
    result_.stop = stop;
    result_.found = judge_answers(answers(), options_);
    result_.scanned = must_scan(answers(), options_);
    if (request_.options.scan != options_.scan) result_.ends_as_claimed = false;
    result_.runs = prober_.runs_made();
    result_.runs_cached = prober_.runs_cached();
    bound_misses();
    return std::move(result_);
  }

  [[nodiscard]] EngineAnswers answers() const {
    EngineAnswers all;
    for (const EngineProbe& each : result_.engines) all.push_back(each.answer);
    return all;
  }

  void tell(size_t index) {
    if (!observer_) return;
    const EngineAnswers all = answers();
    const auto asked = std::count_if(all.begin(), all.end(), [](const auto& a) { return a.has_value(); });
    observer_({static_cast<size_t>(asked), shelf_.size(), prober_.runs_made(), shelf_.name(index)});
  }

  // Once, before the first engine starts.
  bool evidence_is_sound() {
    try {
      full_ = plan_replay(recording_, request_.replay);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kIo) throw;
      result_.why = error.what();
      return false;
    }
    const EvidenceState state =
        check_evidence(recording_, {{request_.replay.subject_id, full_.range}}).front();
    const bool trusting = request_.replay.snapshot_trust == SnapshotTrust::kBytes;
    if (!state.damage.empty()) result_.why = state.damage.front();
    if (result_.why.empty() && !state.heaps.empty() && !trusting) result_.why = state.heaps.front();
    if (result_.why.empty()) return true;
    result_.why = "the evidence is damaged: " + result_.why + " (take another copy of it)";
    return false;
  }

  // A plan that begins with a fresh worker and ends with `last`, as near to `from` as there is one.
  [[nodiscard]] std::optional<ReplayPlan> fresh_plan(uint64_t from, uint64_t last,
                                                     std::string& why) const {
    ReplayRequest request = request_.replay;
    request.from_genesis = true;
    request.from = from;
    request.to = last;
    try {
      return plan_replay(recording_, request);
    } catch (const Error& error) {
      why = std::string("its bundles need a fresh worker: ") + error.what();
      return std::nullopt;
    }
  }

  // Opens an engine; false: it cannot be had, which is its answer.
  bool open(size_t index) {
    EngineProbe& probe = result_.engines[index];
    if (!probe.key.empty()) return true;
    tell(index);
    const OpenedCandidate& opened = shelf_.open(index, interrupt_);
    probe.command_words = opened.command_words;
    if (opened.engine == nullptr) {
      if (interrupt_.requested()) return false;
      probe.word = ProbeWord::kUnjudged;
      probe.answer = EngineAnswer::kSkip;
      probe.why = opened.missing;
      return false;
    }
    probe.key = opened.key;
    return true;
  }

  // From the bad end inwards to the first engine that shows a finding.
  bool meet_finding() {
    const size_t count = shelf_.size();
    std::optional<size_t> clean;
    for (size_t k = 0; k < count && !interrupt_.requested(); ++k) {
      const size_t index = options_.find_fix ? k : count - 1 - k;
      if (!open(index) || seen_clean(index)) continue;
      const std::optional<bool> met = meet_at(index);
      if (met.value_or(false)) return true;
      if (!met) continue;  // it cannot be judged: as good as not there
      clean_.push_back(index);
      if (clean) continue;
      clean = index;
      result_.notes.push_back(shelf_.name(index) + ", the bad end, shows no finding in " +
                              std::to_string(request_.discovery_runs) + " runs");
      if (!request_.scan_when_clean && !options_.scan) break;
      options_.scan = true;
    }
    result_.why = clean ? "no engine that was asked shows a finding" : "no engine could be judged";
    return false;
  }

  // The same engine under another name was clean.
  [[nodiscard]] bool seen_clean(size_t index) const {
    return std::any_of(clean_.begin(), clean_.end(), [&](size_t other) {
      return result_.engines[other].key == result_.engines[index].key;
    });
  }

  // Whether the engine shows a finding in the whole range; nullopt: it cannot be judged.
  std::optional<bool> meet_at(size_t index) {
    const OpenedCandidate& engine = shelf_.open(index, interrupt_);
    EngineProbe& probe = result_.engines[index];
    ReplayPlan plan = full_;
    if (has_bundles(engine)) {
      const auto fresh = fresh_plan(full_.range.begin, full_.range.end - 1, probe.why);
      if (!fresh) {
        probe.answer = EngineAnswer::kSkip;
        probe.word = ProbeWord::kUnjudged;
        return std::nullopt;
      }
      plan = *fresh;
    }
    const uint64_t tries_max = request_.rule.runs_max == 1 ? 1 : request_.discovery_runs;
    uint64_t killed = 0;
    for (uint64_t tries = 1; tries <= tries_max && !interrupt_.requested();) {
      const auto taken = prober_.run(engine, plan, 1, 1);
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
    prober_.save();
    return false;
  }

  void adopt(size_t index, const BisectRun& run, const ReplayPlan& plan, uint64_t tries) {
    HuntedFinding hunted{run.verdict, result_.engines[index].key, request_.any_finding, 0};
    hunted.recorded_calls =
        calls_of_step(recording_, request_.replay.subject_id, *run.verdict.step);
    result_.hunted = hunted;
    result_.bad_end = BadEnd{};
    result_.bad_end->index = index;
    result_.bad_end->tries = tries;
    result_.whole = plan;
    result_.whole.range.end = *run.verdict.step + 1;
  }

  void plan_probes() {
    const uint64_t step = *result_.hunted->verdict.step;
    ProbePlans& plans = question_.plans;
    plans.whole = full_;
    plans.whole.range.end = step + 1;
    plans.near = plans.whole;
    plans.fresh = fresh_plan(full_.range.begin, step, plans.no_fresh);
    question_.hunted = *result_.hunted;
    question_.rule = request_.rule;
    if (request_.replay.from_genesis || step < plans.whole.range.begin) return;
    ReplayRequest request = request_.replay;
    request.from = step;
    request.to = step;
    try {
      plans.near = plan_replay(recording_, request);
    } catch (const Error&) {
      // No nearer checkpoint: the whole range serves.
    }
  }

  // Runs the bad end from one place until its rate is known well enough there.
  ProbeTally rate_from(const ReplayPlan& plan, bool must_show) {
    const size_t index = result_.bad_end->index;
    EngineProbe& probe = result_.engines[index];
    ProbeTally tally;
    const BisectRule& rule = request_.rule;
    uint64_t wanted = std::min(kBadEndRuns, rule.runs_max);
    while (!interrupt_.requested()) {
      prober_.run_up_to(shelf_.open(index, interrupt_), plan, *result_.hunted, wanted,
                        options_.jobs, tally, probe);
      if (tally.judged() < wanted || (must_show && tally.met == 0)) break;
      if (bad_end_is_known(tally.met, tally.judged(), rule)) break;
      wanted = std::min(rule.runs_max, tally.judged() + options_.jobs);
    }
    return tally;
  }

  // The control: does the finding come from the nearest checkpoint too? If so, probes start there.
  void know_bad_end() {
    BadEnd& bad = *result_.bad_end;
    EngineProbe& probe = result_.engines[bad.index];
    const bool fresh = has_bundles(shelf_.open(bad.index, interrupt_));
    ProbePlans& plans = question_.plans;
    bool near = !fresh && !(plans.near.range == plans.whole.range);
    if (near) {
      bad.tally = rate_from(plans.near, true);
      near = bad.tally.met > 0;
      if (!near) bad.near_missed = std::exchange(bad.tally, {});
    }
    if (!near) {
      plans.near = plans.whole;
      if (request_.rule.runs_max > 1) bad.tally = rate_from(result_.whole, false);
    }
    bad.start = near ? plans.near.checkpoint : result_.whole.checkpoint;
    bad.least_rate = least_rate(bad.tally.met, bad.tally.judged());
    question_.least_rate = bad.least_rate;
    probe.start = bad.start;
    probe.tally = bad.tally;
    if (!near) ++probe.tally.met;  // the run that met it first
    probe.word = ProbeWord::kBad;
    probe.answer = EngineAnswer::kBad;
    prober_.save();
  }

  void search() {
    for (;;) {
      const std::vector<size_t> next = next_engines(answers(), options_);
      if (next.empty() || interrupt_.requested()) return;
      ask(next);
      prober_.save();
    }
  }

  // The answer of the same engine under another name.
  bool take_over(size_t index) {
    EngineProbe& probe = result_.engines[index];
    for (size_t i = 0; i < result_.engines.size(); ++i) {
      const EngineProbe& other = result_.engines[i];
      if (i == index || other.key != probe.key || !other.answer || other.same_as) continue;
      const std::string words = probe.command_words;
      probe = other;
      probe.command_words = words;
      probe.same_as = i;
      probe.from_cache = 0;
      return true;
    }
    return false;
  }

  void ask(const std::vector<size_t>& indices) {
    if (!shelf_.one_at_a_time()) return ask_together(indices);
    for (const size_t index : indices) ask_together({index});
  }

  void ask_together(const std::vector<size_t>& indices) {
    std::vector<size_t> to_run;
    std::vector<size_t> twins;
    for (const size_t index : indices) {
      if (interrupt_.requested()) return;
      if (!open(index) || take_over(index)) continue;
      const bool twin = std::any_of(to_run.begin(), to_run.end(), [&](size_t other) {
        return result_.engines[other].key == result_.engines[index].key;
      });
      (twin ? twins : to_run).push_back(index);
    }
    run_side_by_side(to_run);
    for (const size_t index : twins) take_over(index);
  }

  void run_side_by_side(const std::vector<size_t>& indices) {
    if (indices.empty()) return;
    const size_t threads = std::max<size_t>(1, options_.jobs / indices.size());
    std::vector<const OpenedCandidate*> engines;
    for (const size_t index : indices) engines.push_back(&shelf_.open(index, interrupt_));
    std::vector<std::exception_ptr> failures(indices.size());
    const auto work = [&](size_t k) {
      try {
        EngineProbe& probe = result_.engines[indices[k]];
        probe.shown.reset();
        prober_.probe(*engines[k], question_, threads, probe);
      } catch (...) {  // rethrown below, on the caller's thread
        failures[k] = std::current_exception();
      }
    };
    tell(indices.front());
    {
      std::vector<std::jthread> pool;
      for (size_t k = 1; k < indices.size(); ++k) pool.emplace_back(work, k);
      work(0);
    }
    for (const std::exception_ptr& failure : failures) {
      if (!failure) continue;
      prober_.save();
      std::rethrow_exception(failure);
    }
  }

  // The two neighbours of a change.
  [[nodiscard]] std::optional<std::pair<size_t, size_t>> neighbours() const {
    const BisectFound found = judge_answers(answers(), options_);
    if (found.end != BisectEnd::kChange) return std::nullopt;
    const Transition& change = found.transitions.front();
    return change.to_bad ? std::pair(change.before, change.after)
                         : std::pair(change.after, change.before);
  }

  // The one that holds the runs of an engine with several names.
  size_t owner(size_t index) const { return result_.engines[index].same_as.value_or(index); }

  [[nodiscard]] uint64_t goods() const {
    return static_cast<uint64_t>(
        std::count_if(result_.engines.begin(), result_.engines.end(), [](const EngineProbe& each) {
          return each.answer == EngineAnswer::kGood && !each.same_as;
        }));
  }

  // True when the neighbours stand; false when the good one showed the finding after all.
  bool confirm() {
    const auto pair = neighbours();
    if (!pair) return true;
    const size_t good = owner(pair->first);
    const size_t bad = owner(pair->second);
    confirm_at_start(good);
    confirm_from_whole(good, bad);
    prober_.save();
    EngineProbe& probe = result_.engines[good];
    if (probe.tally.met + probe.confirmed.met == 0) return true;
    result_.notes.push_back(shelf_.name(good) + " had passed, and showed the finding when it was "
                            "run again");
    for (EngineProbe& each : result_.engines) {
      if (each.key != probe.key || !each.answer) continue;
      each.word = ProbeWord::kBad;
      each.answer = EngineAnswer::kBad;
      each.tally = probe.tally;
      each.confirmed = probe.confirmed;
      each.shown = probe.shown;
    }
    return false;
  }

  [[nodiscard]] ReplayPlan plan_of(const EngineProbe& probe, const OpenedCandidate& engine) const {
    const ProbePlans& plans = question_.plans;
    if (has_bundles(engine) && plans.fresh) return *plans.fresh;
    const bool near = probe.start && probe.start->label() == plans.near.checkpoint.label();
    return near ? plans.near : plans.whole;
  }

  // So many runs that not one of all the engines called good is likely to be a miss.
  void confirm_at_start(size_t good) {
    if (request_.rule.runs_max == 1) return;
    BisectRule strict = request_.rule;
    strict.miss_max /= static_cast<double>(std::max<uint64_t>(1, goods()));
    const uint64_t wanted =
        std::min(request_.rule.runs_max, misses_needed(question_.least_rate, strict));
    EngineProbe& probe = result_.engines[good];
    const OpenedCandidate& engine = shelf_.open(good, interrupt_);
    tell(good);
    prober_.run_up_to(engine, plan_of(probe, engine), *result_.hunted, wanted, options_.jobs,
                      probe.tally, probe);
  }

  // From the start of the whole range until the two differ: 3 of 3 against 0 of 3 at the least.
  void confirm_from_whole(size_t good, size_t bad) {
    const BisectRule& rule = request_.rule;
    const uint64_t last = rule.runs_max == 1 ? 1 : rule.runs_max;
    uint64_t wanted = std::min(last, kConfirmRuns);
    for (;;) {
      const ProbeTally& of_bad = run_from_whole(bad, wanted);
      const ProbeTally& of_good = run_from_whole(good, wanted);
      if (interrupt_.requested() || of_good.met > 0) return;
      const bool enough = rule.runs_max == 1 ? of_bad.met > 0 && of_good.judged() > 0
                                             : differ(tally_of(of_bad), tally_of(of_good));
      result_.confirmed = enough;
      const bool stuck = of_bad.judged() < wanted || of_good.judged() < wanted;
      if (enough || stuck || wanted >= last) return;
      wanted = std::min(last, wanted + std::max(kConfirmRuns, options_.jobs));
    }
  }

  const ProbeTally& run_from_whole(size_t index, uint64_t wanted) {
    EngineProbe& probe = result_.engines[index];
    const OpenedCandidate& engine = shelf_.open(index, interrupt_);
    const ReplayPlan own = plan_of(probe, engine);
    const bool starts_there = has_bundles(engine) || own.range == question_.plans.whole.range;
    ProbeTally& tally = starts_there ? probe.tally : probe.confirmed;
    tell(index);
    prober_.run_up_to(engine, starts_there ? own : question_.plans.whole, *result_.hunted, wanted,
                      options_.jobs, tally, probe);
    return tally;
  }

  void look_behind_good() {
    const auto pair = neighbours();
    if (!pair || request_.variations == 0) return;
    const size_t good = owner(pair->first);
    const OpenedCandidate& engine = shelf_.open(good, interrupt_);
    tell(good);
    result_.caution =
        look_behind(recording_, engine, prober_, *result_.hunted,
                    plan_of(result_.engines[good], engine), request_, interrupt_);
    result_.caution->engine = pair->first;
  }

  // Under the claim of one change a wrong answer means that the good neighbour itself is a miss,
  // and any engine that was called good could have come to stand there.
  void bound_misses() {
    result_.goods_on_path = goods();
    const auto pair = neighbours();
    if (!pair || request_.rule.runs_max == 1 || !result_.bad_end) return;
    const uint64_t runs = result_.engines[owner(pair->first)].tally.passed;
    result_.miss_bound = std::min(1.0, static_cast<double>(result_.goods_on_path) *
                                           miss_chance(question_.least_rate, runs));
  }

  const Recording& recording_;
  EngineShelf& shelf_;
  const BisectRequest& request_;
  const Interrupt& interrupt_;
  const BisectObserver& observer_;
  BisectProber prober_;
  BisectOptions options_;
  ReplayPlan full_;
  ProbeQuestion question_;
  std::vector<size_t> clean_;  // engines on which the whole range shows nothing
  BisectResult result_;
};

}  // namespace

BisectResult run_bisect(const Recording& recording, EngineShelf& engines,
                        const BisectRequest& request, ProbeCache& cache,
                        const Interrupt& interrupt, const BisectObserver& observer) {
  return Bisection(recording, engines, request, cache, interrupt, observer).run();
}

bool found_change(const BisectResult& result) {
  return result.stop == BisectStop::kSearched && result.found.end == BisectEnd::kChange &&
         result.ends_as_claimed;
}

}  // namespace recrank
