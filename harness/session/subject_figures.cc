#include "harness/session/subject_figures.h"

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

}  // namespace recrank
