// The one engine process that a replay has at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/judge/replay.h"
#include "replay/verdict.h"
#include "snapshot/recording.h"

namespace recrank {

// Starts processes for one subject, keeps the running one and adds up what all of them cost.
// Belongs to one thread; refers to all that it is given.
class WorkerSeat {
 public:
  // `range`: the steps that are going to be applied; empty: not known.
  WorkerSeat(const Recording& recording, const Engine& engine, const ReplayRequest& request,
             StepRange range, const Interrupt& interrupt)
      : recording_(recording),
        engine_(engine),
        request_(request),
        range_(range),
        interrupt_(interrupt) {}

  // Ends the running process and starts one that is ready for `step`. What is returned is the
  // verdict of a start that failed. Throws what Engine::start and the recording throw.
  [[nodiscard]] std::optional<Verdict> start(const Checkpoint& checkpoint, uint64_t step);
  // The same for a heap of one's own, written after `step`; `label` is what the engine is told.
  [[nodiscard]] std::optional<Verdict> start_from(UniqueFd heap, const std::string& label,
                                                  uint64_t step);
  void end();

  [[nodiscard]] bool running() const { return run_ != nullptr; }
  [[nodiscard]] Run& run() { return *run_; }
  // engine_cpu_s and peak_rss_bytes of all processes that have ended.
  [[nodiscard]] const ReplayCost& cost() const { return cost_; }
  // What the last fresh worker was told without anybody's word: "vatParameters {}".
  [[nodiscard]] const std::vector<std::string>& assumed() const { return assumed_; }
  // The programs that fresh workers were told, those of each incarnation.
  [[nodiscard]] const std::vector<ToldBundle>& bundles() const { return bundles_; }

 private:
  [[nodiscard]] StartRequest start_request(uint64_t step) const;
  [[nodiscard]] std::optional<Verdict> launch(StartRequest start, uint64_t step);
  void note_bundles(const Setup& told);

  const Recording& recording_;
  const Engine& engine_;
  const ReplayRequest& request_;
  StepRange range_;
  const Interrupt& interrupt_;
  std::unique_ptr<Run> run_;
  ReplayCost cost_;
  std::vector<std::string> assumed_;
  std::vector<ToldBundle> bundles_;
};

}  // namespace recrank
