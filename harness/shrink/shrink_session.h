// A whole `shrink` call without its printing: find the finding, leave out steps as long as it
// stays, write what is left as a capsule, and replay that. Of a divergence only the front is left
// out (shrink_by_front_cut.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/session/subject_report.h"
#include "harness/shrink/ddmin.h"
#include "harness/shrink/shrink_prober.h"
#include "replay/judge/replay.h"
#include "snapshot/claim.h"

namespace recrank {

struct ShrinkRequest {
  ReplayRequest replay;  // its subject_id is set
  HoldRule rule;
  size_t jobs = 1;
  size_t probes_max = 500;
  std::optional<double> seconds_max;  // of the search; the writing and its proof come on top
  std::string predicate;              // a command; empty: the same finding
  std::filesystem::path capsule;      // must not be there
  std::filesystem::path state;
  // What the capsule says of itself.
  std::vector<std::string> carried;  // option words that belong to the verdict
  ClaimedEngine engine;
  Setup engine_setup;     // the bundles that came with the engine
  std::string reproduce;  // the command that replays it
};

// Told now and then, from the calling thread.
struct ShrinkProgressNews {
  size_t probes = 0;
  size_t best = 0;  // steps
  size_t before = 0;
};
using ShrinkObserver = std::function<void(const ShrinkProgressNews&)>;

// In how many of its runs a capsule showed the finding. No runs: none could be made.
struct ShownIn {
  uint64_t hits = 0;
  uint64_t runs = 0;

  [[nodiscard]] bool always() const { return runs > 0 && hits == runs; }
  [[nodiscard]] bool never() const { return runs > 0 && hits == 0; }
};

enum class ShrinkEnd {
  kShrunk,              // `verdict` is that of the capsule's own replay, and the finding's
  kNotReproducible,     // run freely, the history does not show it: `why`, `tried`
  kNotProven,           // the capsule did not show it again: `why`; it was removed
  kHangsOnCollections,  // a collection more and it is gone: what leaves steps out moves them, `why`
  kInterrupted,
};

struct ShrinkResult {
  ShrinkEnd end = ShrinkEnd::kNotReproducible;
  SubjectReport finding;  // of the replay that it began with
  Checkpoint start;
  uint64_t steps_before = 0;            // behind `start`, up to the finding
  std::vector<uint64_t> kept;           // their numbers in the recording
  std::vector<std::string> kept_words;  // "message o+0 deposit, 4 calls", for people
  bool by_front_cut = false;            // no selection of steps was asked
  Checkpoint begins;                    // then: where the capsule begins
  bool begins_written = false;          // and that the engine wrote this for it
  bool minimal = false;  // no single step can be left out; of a front cut: from one step later
                         // it does not show
  ShownIn shown;         // the capsule
  ShownIn later;         // of a front cut: the capsule that begins at the next place
  bool flaky = false;  // not every run of the capsule shows it, and the rule does not allow for it
  bool out_of_budget = false;
  size_t probes = 0;
  size_t from_memory = 0;
  ProbeCounts counts;
  Tried tried;                // of the whole history, with kNotReproducible
  double excluded_above = 1;  // a rate above this would have been seen more often, at 95 %
  Verdict verdict;
  std::string why;
  double search_s = 0;
};

// kUsage for a capsule that is there already and for a state file of another shrink. kUnsupported
// where the replay came to no verdict. What was learned of a crash or limit is in the state file
// whenever this ends without a minimal capsule, also by an Error; a front cut keeps no state.
[[nodiscard]] ShrinkResult run_shrink(const Recording& recording, const Engine& engine,
                                      const ShrinkRequest& request, const Interrupt& interrupt,
                                      const ShrinkObserver& observer);

}  // namespace recrank
