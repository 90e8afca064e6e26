#include "harness/session/parallel_replay.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/parallel.h"

namespace recrank {
namespace {

using Clock = std::chrono::steady_clock;

struct Part {
  size_t job = 0;
  size_t index = 0;  // within the job
  std::optional<ReplayResult> result;
  Clock::time_point begin;
  Clock::time_point end;
};

// All parts of all jobs and the order in which threads take them.
class Batch {
 public:
  Batch(const Recording& recording, const Engine& engine, const std::vector<ReplayJob>& jobs,
        const Interrupt& interrupt, ReplayObserver* observer)
      : recording_(recording), engine_(engine), jobs_(jobs), observer_(observer) {
    for (size_t job = 0; job < jobs.size(); ++job) {
      for (size_t index = 0; index < jobs[job].parts.size(); ++index) {
        order_.push_back(parts_.size());
        parts_.push_back(Part{job, index, std::nullopt, {}, {}});
        interrupts_.emplace_back(&interrupt);
      }
    }
    // Longest first: the last thread to finish then has little left to do alone.
    std::stable_sort(order_.begin(), order_.end(),
                     [&](size_t a, size_t b) { return length(a) > length(b); });
  }

  void run(size_t threads) {
    parallel_for(parts_.size(), {.threads = threads, .order = order_},
                 [this](size_t part) { run_part(part); });
  }

  [[nodiscard]] std::deque<Part>& parts() { return parts_; }

 private:
  [[nodiscard]] uint64_t length(size_t part) const {
    const StepRange range = plan(part).range;
    return range.end - range.begin;
  }
  [[nodiscard]] const ReplayPlan& plan(size_t part) const {
    return jobs_[parts_[part].job].parts[parts_[part].index];
  }

  void run_part(size_t at) {
    Part& part = parts_[at];
    const ReplayJob& job = jobs_[part.job];
    part.begin = Clock::now();
    try {
      part.result = replay(recording_, engine_, job.request, plan(at), interrupts_[at], observer_);
      // Not "is not clean": a part that holds only marks has nothing to compare and ends nothing.
      if (part.result->ended && job.request.on_divergence == OnDivergence::kStop)
        end_later_parts(at);
    } catch (...) {
      end_later_parts(at);
      throw;
    }
    part.end = Clock::now();
  }

  void end_later_parts(size_t at) {
    for (size_t i = at + 1; i < parts_.size() && parts_[i].job == parts_[at].job; ++i) {
      interrupts_[i].request();
    }
  }

  const Recording& recording_;
  const Engine& engine_;
  const std::vector<ReplayJob>& jobs_;
  ReplayObserver* observer_;
  std::deque<Part> parts_;
  std::deque<Interrupt> interrupts_;  // one per part
  std::vector<size_t> order_;
};

}  // namespace

std::vector<JobResult> replay_all(const Recording& recording, const Engine& engine,
                                  const std::vector<ReplayJob>& jobs, size_t threads,
                                  const Interrupt& interrupt, ReplayObserver* observer) {
  Batch batch(recording, engine, jobs, interrupt, observer);
  batch.run(threads);
  std::vector<std::vector<ReplayResult>> results(jobs.size());
  std::vector<Clock::time_point> begins(jobs.size(), Clock::time_point::max());
  std::vector<Clock::time_point> ends(jobs.size(), Clock::time_point::min());
  for (Part& part : batch.parts()) {
    begins[part.job] = std::min(begins[part.job], part.begin);
    ends[part.job] = std::max(ends[part.job], part.end);
    results[part.job].push_back(std::move(*part.result));
  }
  std::vector<JobResult> joined;
  for (size_t job = 0; job < jobs.size(); ++job) {
    joined.push_back({join_parts(results[job]), jobs[job].parts});
    // Side by side they took less than the sum of their times.
    joined.back().result.cost.wall_s = seconds_between(begins[job], ends[job]);
  }
  return joined;
}

}  // namespace recrank
