// "Was it memory?": how the engine's memory grew from step to step, and what it was at the end.
//
// Always on: it asks for the figures of the first delivery and of every 32nd step, which costs a
// read of /proc and nothing that could be measured (docs/telemetry.md). With --telemetry it takes
// every step.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "replay/judge/replay.h"
#include "replay/limits.h"
#include "replay/verdict.h"

namespace recrank {

// One look at an engine process.
struct GrowthSample {
  uint64_t step = 0;
  uint64_t rss_bytes = 0;
  uint64_t address_space_bytes = 0;
  std::optional<uint64_t> allocate;  // as the meter says
  std::optional<uint64_t> heap_count;
  std::optional<uint64_t> collections;
  uint64_t allocate_max = 0;  // where the engine itself gives up
};

// Of the last engine process of one replay (or of one part of it).
struct GrowthSummary {
  uint64_t samples = 0;
  uint64_t processes = 0;  // that the replay had used by then
  GrowthSample first;
  GrowthSample last;         // before the step that ended the replay, if one did
  uint64_t slope_steps = 0;  // over how many steps the slopes were taken; 0: there are none
  double rss_per_step = 0;   // least squares
  double address_space_per_step = 0;
  std::optional<double> allocate_per_step;
  std::optional<double> heap_count_per_step;
  uint64_t peak_rss_bytes = 0;        // the last step included
  std::optional<uint64_t> last_step;  // the one that ended the replay
};

// Least squares over (step, value); 0 for fewer than two.
[[nodiscard]] double slope_of(const std::vector<std::pair<uint64_t, double>>& points);

// Thread-safe. Memory: some 30 samples for each of at most a few thousand runs and parts.
class GrowthWatch final : public ReplayObserver {
 public:
  void on_step(const StepTelemetry& step) override;
  void on_last_step(const StepTelemetry& step) override;
  [[nodiscard]] bool wants_cost(uint64_t step) const override;

  // Of the part that holds `step`, or of the last one. nullopt: nothing was seen of it.
  [[nodiscard]] std::optional<GrowthSummary> summary(const std::string& subject_id, uint64_t run,
                                                     std::optional<uint64_t> step) const;

 private:
  struct Track {
    std::string subject_id;
    uint64_t run = 0;
    uint64_t first_step = 0;
    uint64_t newest_step = 0;
    uint64_t process = 0;
    uint64_t samples = 0;
    uint64_t peak_rss_bytes = 0;
    std::optional<uint64_t> last_step;
    GrowthSample first;
    std::deque<GrowthSample> recent;
  };

  Track* track_for(const StepTelemetry& step);
  static GrowthSummary summarise(const Track& track);

  mutable std::mutex mutex_;
  std::deque<Track> tracks_;
  std::map<std::thread::id, Track*> current_;
};

// The answer in one sentence, by rules that docs/telemetry.md states.
[[nodiscard]] std::string memory_answer(const GrowthSummary& growth, const Verdict& verdict,
                                        const Limits& limits);

}  // namespace recrank
