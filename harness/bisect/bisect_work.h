// What the parts of one bisection share: what it is of, what it has found so far, and how an engine
// of its list is opened. One thread; run_side_by_side() in bisect_session.cc has its own rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "harness/bisect/bisect_session.h"

namespace recrank {

struct BisectWork {
  BisectWork(const Recording& of, EngineShelf& engines, const BisectRequest& asked,
             ProbeCache& cache, const Interrupt& stop, const BisectObserver& told)
      : recording(of),
        shelf(engines),
        request(asked),
        interrupt(stop),
        observer(told),
        prober(of, asked.replay, cache, stop),
        options(asked.options) {}

  const Recording& recording;
  EngineShelf& shelf;
  const BisectRequest& request;
  const Interrupt& interrupt;
  const BisectObserver& observer;
  BisectProber prober;
  BisectOptions options;
  ReplayPlan full;         // the whole range that was asked for
  ProbeQuestion question;  // once something is hunted
  BisectResult result;

  [[nodiscard]] EngineAnswers answers() const;
  // To the observer: this one is about to run.
  void tell(size_t index) const;
  // Opens an engine; false: it cannot be had, which is its answer.
  [[nodiscard]] bool open(size_t index);
  // A plan that begins with a fresh worker and ends with `last`, as near to `from` as there is one.
  [[nodiscard]] std::optional<ReplayPlan> fresh_plan(uint64_t from, uint64_t last,
                                                     std::string& why) const;
  // By which an engine was probed.
  [[nodiscard]] ReplayPlan plan_of(const EngineProbe& probe, const OpenedCandidate& engine) const;
  // The good and the bad neighbour of a change.
  [[nodiscard]] std::optional<std::pair<size_t, size_t>> neighbours() const;
  // The one that holds the runs of an engine with several names.
  [[nodiscard]] size_t owner(size_t index) const;
  // How many engines were called good.
  [[nodiscard]] uint64_t goods() const;
};

}  // namespace recrank
