// A whole `bisect` call for one subject, without its printing: search, confirm the two engines at the
// change, and look whether the good one only hides what it does not show.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/bisect_prober.h"
#include "harness/bisect_search.h"
#include "harness/perturb_session.h"

namespace recrank {

struct BisectRequest {
  ProbeQuestion question;
  bool find_fix = false;   // the list begins at the bad end
  bool scan = false;
  size_t variations = 8;   // of the good engine at the change; 0: none
};

// One engine of the list, as the report has it. Indices are those of the list.
struct BisectEntry {
  std::string name;
  std::optional<EngineIdentity> engine;  // nullopt: not asked, or not to be had
  std::optional<ProbeWord> word;         // nullopt: not tested
  std::optional<size_t> same_as;
  ProbeTally tally;
  uint64_t from_cache = 0;
  std::string start;                     // "genesis", "snapshot@204"
  double missed = 1;                     // chance that a "good" is wrong: bisect_rule.h
  std::optional<Verdict> example;        // of its runs: the one that decided
  std::string missing;
  std::string command_words;
};

// Whether the good engine at a change only hides the finding.
struct BisectCaution {
  size_t index = 0;
  bool behind_bad = false;                     // the engine before it in the list has the finding
  std::string not_perturbed;                   // why no variation was run
  std::optional<PerturbedReplay> perturbed;
};

struct BisectResult {
  std::optional<Verdict> finding;   // nullopt: no engine shows any
  size_t finding_index = 0;         // of the engine that it was seen on
  StepRange range;                  // of the original plan
  Checkpoint start;
  std::optional<Checkpoint> near_start;
  SearchResult search;              // its places; use index_of()
  bool find_fix = false;
  std::vector<BisectEntry> entries;
  double rate_floor = 0;
  double miss_chance = 0.05;
  std::optional<BisectCaution> caution;
  uint64_t probes = 0;              // different engines that were run
  uint64_t runs = 0;                // that were made, without those from the cache
  std::string damage;               // the evidence is not what its hashes promise: nothing was run

  // The list's index of a place of the search.
  [[nodiscard]] size_t index_of(size_t place) const {
    return find_fix ? entries.size() - 1 - place : place;
  }
};

// Throws kUsage for a request that cannot be planned, and what replays throw.
[[nodiscard]] BisectResult run_bisect(const Recording& recording, EngineCandidates& candidates,
                                      const BisectRequest& request, ProbeCache& cache,
                                      const Interrupt& interrupt, const ProbeObserver& observer);

}  // namespace recrank
