#include "harness/session/subject_figures.h"

#include <cmath>

namespace recrank {

std::optional<RecordedHeaps> recorded_heaps(const Recording& recording,
                                            const std::string& subject_id, StepRange range) {
  RecordedHeaps heaps;
  for (const Checkpoint& checkpoint : recording.checkpoints(subject_id)) {
    if (checkpoint.kind != CheckpointKind::kHeapSnapshot || checkpoint.size_bytes == 0) continue;
    if (checkpoint.next_step == 0 || !range.contains(checkpoint.next_step - 1)) continue;
    const uint64_t saved = checkpoint.next_step - 1;
    if (heaps.snapshots++ == 0) {
      heaps.first_step = saved;
      heaps.first_bytes = checkpoint.size_bytes;
    }
    heaps.last_step = saved;
    heaps.last_bytes = checkpoint.size_bytes;
  }
  return heaps.snapshots > 0 ? std::optional(heaps) : std::nullopt;
}

void add_figures(const SubjectFigures& figures, Json& subject) {
  if (figures.slowest) {
    subject["cost"]["slowest_step"] = {
        {"step", figures.slowest->step},
        {"wall_s", std::round(figures.slowest->seconds * 1000) / 1000}};
  }
  if (figures.memory && figures.memory->samples > 0) {
    const GrowthSummary& memory = *figures.memory;
    subject["cost"]["rss_bytes"] = {{"first", memory.first.rss_bytes},
                                    {"first_step", memory.first.step},
                                    {"last", memory.last.rss_bytes},
                                    {"last_step", memory.last.step}};
  }
  if (figures.heaps) {
    const RecordedHeaps& heaps = *figures.heaps;
    subject["recorded_heaps"] = {{"snapshots", heaps.snapshots},
                                 {"first_bytes", heaps.first_bytes},
                                 {"first_step", heaps.first_step},
                                 {"last_bytes", heaps.last_bytes},
                                 {"last_step", heaps.last_step}};
  }
}

}  // namespace recrank
