#include "harness/session/evidence_check.h"

#include <algorithm>
#include <thread>

#include "base/parallel.h"
#include "replay/process/proc_usage.h"

namespace recrank {
namespace {

// One call of Recording::verify().
struct HashedPart {
  size_t query = 0;
  VerifyScope scope;
  std::vector<std::string> damage;
  double cpu_s = 0;
};

std::vector<HashedPart> parts_of(const Recording& recording,
                                 const std::vector<EvidenceQuery>& queries) {
  std::vector<HashedPart> parts;
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto& [subject, range] = queries[i];
    parts.push_back({i, {subject, range, VerifyParts::kAllButHeaps}, {}, 0});
    for (const Checkpoint& checkpoint : recording.checkpoints(subject)) {
      if (!has_bytes(checkpoint.kind) || !checkpoint.available) continue;
      // A heap is saved by one step and begins the next: both make it part of a range.
      const uint64_t saved = checkpoint.next_step - std::min<uint64_t>(checkpoint.next_step, 1);
      if (saved >= range.end || checkpoint.next_step < range.begin) continue;
      parts.push_back({i, {subject, StepRange{saved, saved + 1}, VerifyParts::kHeaps}, {}, 0});
    }
  }
  return parts;
}

void check(const Recording& recording, HashedPart& part) {
  const double begin_s = thread_cpu_s();
  for (const Damage& damage : recording.verify(part.scope).damage) {
    if (damage.subject_id.empty() || damage.subject_id == part.scope.subject_id) {
      part.damage.push_back(damage.place + ": " + damage.what);
    }
  }
  part.cpu_s = thread_cpu_s() - begin_s;
}

}  // namespace

std::vector<EvidenceState> check_evidence(const Recording& recording,
                                          const std::vector<EvidenceQuery>& queries) {
  std::vector<HashedPart> parts = parts_of(recording, queries);
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  parallel_for(parts.size(), {.threads = cores}, [&](size_t i) { check(recording, parts[i]); });
  std::vector<EvidenceState> states(queries.size());
  for (const HashedPart& part : parts) {
    EvidenceState& state = states[part.query];
    state.cpu_s += part.cpu_s;
    auto& lines = part.scope.parts == VerifyParts::kHeaps ? state.heaps : state.damage;
    lines.insert(lines.end(), part.damage.begin(), part.damage.end());
  }
  return states;
}

}  // namespace recrank
