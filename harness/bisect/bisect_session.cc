#include "harness/bisect/bisect_session.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "harness/bisect/bisect_bad_end.h"
#include "harness/bisect/bisect_neighbours.h"
#include "harness/session/evidence_check.h"

namespace recrank {
namespace {

class Bisection {
 public:
  explicit Bisection(BisectWork& work) : work_(work) {
    work_.options.jobs = std::max<size_t>(1, work_.options.jobs);
    work_.result.engines.resize(work_.shelf.size());
    work_.result.find_fix = work_.options.find_fix;
  }

  BisectResult run() {
    if (!evidence_is_sound()) return finish(BisectStop::kUnjudged);
    if (!meet_finding(work_)) {
      return finish(work_.interrupt.requested() ? BisectStop::kInterrupted
                                                : BisectStop::kNoFinding);
    }
    know_bad_end(work_);
    while (!work_.interrupt.requested() && (search(), !work_.interrupt.requested())) {
      if (confirm_neighbours(work_)) break;  // else an engine that was good turned out bad
    }
    if (!work_.interrupt.requested()) look_behind_good(work_);
    return finish(work_.interrupt.requested() ? BisectStop::kInterrupted : BisectStop::kSearched);
  }

 private:
  BisectResult finish(BisectStop stop) {
    work_.prober.save();
    work_.result.stop = stop;
    work_.result.found = judge_answers(work_.answers(), work_.options);
    work_.result.scanned = must_scan(work_.answers(), work_.options);
    if (work_.request.options.scan != work_.options.scan) work_.result.ends_as_claimed = false;
    work_.result.runs = work_.prober.runs_made();
    work_.result.keeps = work_.prober.keeps();
    count_cached();
    bound_misses(work_);
    return std::move(work_.result);
  }

  // An engine with several names has its runs under the first.
  void count_cached() {
    work_.result.runs_cached = work_.prober.runs_cached();
    std::set<std::string> counted;
    for (EngineProbe& each : work_.result.engines) {
      each.from_cache = counted.insert(each.key).second ? work_.prober.runs_cached(each.key) : 0;
    }
  }

  // Once, before the first engine starts.
  bool evidence_is_sound() {
    try {
      work_.full = plan_replay(work_.recording, work_.request.replay);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kIo) throw;
      work_.result.why = error.what();
      return false;
    }
    const EvidenceState state =
        check_evidence(work_.recording, {{work_.request.replay.subject_id, work_.full.range}})
            .front();
    const bool trusting = work_.request.replay.snapshot_trust == SnapshotTrust::kBytes;
    if (!state.damage.empty()) work_.result.why = state.damage.front();
    if (work_.result.why.empty() && !state.heaps.empty() && !trusting)
      work_.result.why = state.heaps.front();
    if (work_.result.why.empty()) return true;
    work_.result.why =
        "the evidence is damaged: " + work_.result.why + " (take another copy of it)";
    return false;
  }

  void search() {
    for (;;) {
      const std::vector<size_t> next = next_engines(work_.answers(), work_.options);
      if (next.empty() || work_.interrupt.requested()) return;
      ask(next);
      work_.prober.save();
    }
  }

  // The answer of the same engine under another name.
  bool take_over(size_t index) {
    EngineProbe& probe = work_.result.engines[index];
    for (size_t i = 0; i < work_.result.engines.size(); ++i) {
      const EngineProbe& other = work_.result.engines[i];
      if (i == index || other.key != probe.key || !other.answer || other.same_as) continue;
      const std::string words = probe.command_words;
      const std::string no_command = probe.no_command;
      probe = other;
      probe.command_words = words;
      probe.no_command = no_command;
      probe.same_as = i;
      return true;
    }
    return false;
  }

  void ask(const std::vector<size_t>& indices) {
    if (!work_.shelf.one_at_a_time()) return ask_together(indices);
    for (const size_t index : indices) ask_together({index});
  }

  void ask_together(const std::vector<size_t>& indices) {
    std::vector<size_t> to_run;
    std::vector<size_t> twins;
    for (const size_t index : indices) {
      if (work_.interrupt.requested()) return;
      if (!work_.open(index) || take_over(index)) continue;
      const bool twin = std::any_of(to_run.begin(), to_run.end(), [&](size_t other) {
        return work_.result.engines[other].key == work_.result.engines[index].key;
      });
      (twin ? twins : to_run).push_back(index);
    }
    run_side_by_side(to_run);
    for (const size_t index : twins) take_over(index);
  }

  void run_side_by_side(const std::vector<size_t>& indices) {
    if (indices.empty()) return;
    const size_t threads = std::max<size_t>(1, work_.options.jobs / indices.size());
    std::vector<const OpenedCandidate*> engines;
    for (const size_t index : indices) engines.push_back(&work_.shelf.open(index, work_.interrupt));
    work_.tell(indices.front());
    try {
      parallel_for(indices.size(), {.threads = indices.size()}, [&](size_t k) {
        EngineProbe& probe = work_.result.engines[indices[k]];
        probe.shown.reset();
        work_.prober.probe(*engines[k], work_.question, threads, probe);
      });
    } catch (...) {
      work_.prober.save();
      throw;
    }
  }

  BisectWork& work_;
};

}  // namespace

BisectResult run_bisect(const Recording& recording, EngineShelf& engines,
                        const BisectRequest& request, ProbeCache& cache, const Interrupt& interrupt,
                        const BisectObserver& observer) {
  BisectWork work(recording, engines, request, cache, interrupt, observer);
  return Bisection(work).run();
}

bool found_change(const BisectResult& result) {
  return result.stop == BisectStop::kSearched && result.found.end == BisectEnd::kChange &&
         result.ends_as_claimed;
}

}  // namespace recrank
