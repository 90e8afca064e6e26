// A whole bisection of one subject without its printing: check the evidence, meet the finding at
// the bad end, search, confirm the two neighbours, look whether the good one only hides it. Method
// and statistics: docs/bisect.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/bisect/bisect_prober.h"

namespace recrank {

struct BisectRequest {
  ReplayRequest replay;  // its subject_id is set
  BisectOptions options;
  BisectRule rule;
  uint64_t discovery_runs = 10;  // of the bad end, until it shows something
  bool any_finding = false;
  bool scan_when_clean = true;  // search the whole list for a finding when the bad end has none
  size_t variations = 8;        // of the engine that is said not to show it; 0: none
  uint64_t seed = 1;
};

// Told before and after each engine, from the calling thread.
struct BisectNews {
  size_t asked = 0;
  size_t engines = 0;
  uint64_t runs = 0;
  std::string name;  // of the engine that is about to run
};
using BisectObserver = std::function<void(const BisectNews&)>;

enum class BisectStop {
  kSearched,   // `found` is the answer
  kNoFinding,  // nothing was found on any engine that was asked: `why`
  kUnjudged,   // damaged evidence, or a range that cannot be replayed: `why`
  kInterrupted,
};

// How often the finding came at the bad end, which the rule rests on.
struct BadEnd {
  size_t index = 0;
  uint64_t tries = 0;  // runs until it was met first
  ProbeTally tally;    // of the runs behind that, from `start`
  Checkpoint start;
  double least_rate = 0;
  uint64_t enough_runs = 0;               // of each engine: about so many would decide
  std::optional<ProbeTally> near_missed;  // the nearest checkpoint, from which it did not come
};

// What harmless variations of an engine that does not show the finding came to.
struct Caution {
  size_t engine = 0;
  bool perturbed = false;  // false: `why_not`; then plain runs were made
  std::string why_not;
  size_t asked = 0;
  size_t passed = 0;
  size_t met = 0;
  size_t other = 0;
  size_t silent = 0;     // tell nothing: not judged, or what the finding is about is not compared
  size_t idle = 0;       // never came to what was to be varied
  size_t of_itself = 0;  // ended in a heap that nobody recorded being written or loaded
  std::vector<std::string> met_by;    // "reload after step 26"
  std::vector<std::string> left_out;  // kinds of variations that the engine does not survive
};

struct BisectResult {
  BisectStop stop = BisectStop::kNoFinding;
  std::string why;
  bool find_fix = false;
  std::optional<HuntedFinding> hunted;
  std::optional<BadEnd> bad_end;
  ReplayPlan whole;  // up to the step of the finding
  BisectFound found;
  bool ends_as_claimed = true;
  bool scanned = false;
  std::vector<EngineProbe> engines;  // in the order of the list
  // Of a change: at most this is the chance that an engine called good on the way only missed it.
  double miss_bound = 1;
  uint64_t goods_on_path = 0;
  bool confirmed = false;  // the neighbours differ from the start of the whole range too
  std::optional<Caution> caution;
  std::vector<std::string> notes;
  uint64_t runs = 0;  // of engines, made now
  uint64_t runs_cached = 0;
  bool keeps = false;  // what was run is there for a later call
};

// Throws kUsage for a request that cannot be; what is found is in the result. What was learned is
// in the cache however it ends.
[[nodiscard]] BisectResult run_bisect(const Recording& recording, EngineShelf& engines,
                                      const BisectRequest& request, ProbeCache& cache,
                                      const Interrupt& interrupt, const BisectObserver& observer);

// The one change between ends that behave as claimed: what exit status 0 stands for.
[[nodiscard]] bool found_change(const BisectResult& result);

}  // namespace recrank
