// Computes anew the stored hashes that replays rest on, before any engine starts.
#pragma once

#include <string>
#include <vector>

#include "snapshot/recording.h"

namespace recrank {

struct EvidenceQuery {
  std::string subject_id;
  StepRange range;
};

// What is wrong with the evidence of one query, as far as it concerns its subject. Each line names
// the place, and what was found and recorded there.
struct EvidenceState {
  std::vector<std::string> damage;  // of spans and bundles
  std::vector<std::string> heaps;   // of heap snapshots: --trust-checkpoint passes these over
  double cpu_s = 0;                 // what the look cost
};

// In the order of the queries. Heap snapshots are by far the largest part; they are looked at side
// by side on all cores. Throws what Recording::verify throws.
[[nodiscard]] std::vector<EvidenceState> check_evidence(const Recording& recording,
                                                        const std::vector<EvidenceQuery>& queries);

}  // namespace recrank
