// Where the last steps before a crash can be run from, so that a recorder sees those and no more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/judge/replay.h"
#include "snapshot/recording.h"

namespace recrank {

// One such place: the plan to run, and the recording to run it on.
struct TailStart {
  ReplayPlan plan;                       // its last step is the one that crashed
  std::string label;                     // "a heap written before step 120", "snapshot@100"
  std::shared_ptr<const Recording> own;  // holds a heap that the recording lacks; null: none
  [[nodiscard]] const Recording& recording(const Recording& given) const {
    return own ? *own : given;
  }
};

// What is tried, the shortest tail first: the wanted first step itself (a recorded checkpoint, else
// a heap that is written there), the nearest recorded checkpoint before it, the checkpoint of the
// replay that met the crash, and the beginning of the incarnation. No tail reaches over the start
// of a worker: a recorder sees one process.
//
// Each is made only when the ones before it were no use, since a heap costs a replay up to there.
class TailStarts {
 public:
  // All that is given must outlive it. `crash_step` was met by a replay that went by `plan`.
  TailStarts(const Recording& recording, const Engine& engine, const ReplayRequest& request,
             const ReplayPlan& plan, uint64_t crash_step, uint64_t steps_wanted);

  // nullopt: there is no other. Throws what replay() throws.
  [[nodiscard]] std::optional<TailStart> next(const Interrupt& interrupt);
  // Why the last call passed over a place before the one that it gave; empty: it did not.
  [[nodiscard]] const std::string& passed_over() const { return passed_over_; }

 private:
  void add(const Checkpoint& checkpoint);
  [[nodiscard]] uint64_t first_step(uint64_t steps_wanted) const;
  [[nodiscard]] std::optional<TailStart> written(const Interrupt& interrupt);

  const Recording& recording_;
  const Engine& engine_;
  const ReplayRequest& request_;
  const ReplayPlan& plan_;
  uint64_t crash_step_;
  uint64_t first_;
  bool write_first_ = false;
  std::vector<Checkpoint> recorded_;
  size_t given_ = 0;
  std::string passed_over_;
};

}  // namespace recrank
