// Which variations `replay --perturb K` runs: data from a pure function.
//
// Measured on the worker of XS 13 (docs/perturb.md): where a collection is forced right behind a
// bringOutYourDead, which has collected already, nothing that is recorded changes. Elsewhere
// finalisers run earlier and computrons move by some tens; calls and results stay. Another parser
// buffer changes nothing but the bytes of heaps. Each variation compares what must stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "replay/dialect.h"
#include "replay/perturbation.h"
#include "replay/verdict.h"
#include "snapshot/recording.h"
#include "snapshot/step.h"

namespace recrank {

// What the plan is made from.
struct PerturbFacts {
  StepRange range;
  uint64_t last = 0;            // the step of the finding, else the last one
  std::vector<uint64_t> rest;   // steps behind which the worker has just collected; sorted
  std::vector<uint64_t> saved;  // those behind which a heap was recorded; sorted
  Variations can;               // which can be made at all
};

struct Variation {
  std::string does;  // "reload after step 26", for people
  Perturbation perturbation;
  CompareOptions compare;  // what of the recording it must meet
};

// So many are different for any facts.
inline constexpr size_t kVariationsMax = 64;

// `count` different variations, or as many as there are; the same for the same arguments. At most
// kVariationsMax. `compare`:
// what the user asked for.
[[nodiscard]] std::vector<Variation> plan_variations(const PerturbFacts& facts, size_t count,
                                                     uint64_t seed, const CompareOptions& compare);

// Reads the steps of the range once. Throws what the recording throws.
[[nodiscard]] PerturbFacts perturb_facts(const Recording& recording, const std::string& subject_id,
                                         StepRange range, uint64_t last);

}  // namespace recrank
