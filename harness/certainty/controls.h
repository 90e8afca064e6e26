// What a finding hangs on: a pure function from a table of control runs to one cause. No processes,
// no printing. Rules: docs/certainty.md.
//
// A control is the replay that made the finding, run again with one thing changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/session/rate.h"
#include "replay/verdict.h"

namespace recrank {

enum class Cause {
  kNothing,  // clean: there is nothing to explain
  kDeterministic,
  kLayout,
  kCollection,
  kReload,
  kFlaky,
  kBuild,
  kEnvironment,
  kExternalSignal,
  kCorruptEvidence,
  kUnknown,  // no control could be run
};
// "layout-dependent"; as reports and --help have it.
[[nodiscard]] std::string_view to_string(Cause cause);

enum class ControlKind {
  kAgain,          // nothing changed
  kOtherLayout,    // address-space randomisation switched
  kGenesis,        // begun at the start of the incarnation
  kNearest,        // begun at the nearest checkpoint before the step
  kEarlier,        // begun at the one before that
  kWithoutLimit,   // without the limit that the finding may be the work of
  kCollection,     // a collection forced before the step
  kRecordedParts,  // with the bundles that the recording holds, instead of the user's
  kDebugEngine,
  kReleaseEngine,  // beside a debug build
  kReferenceEngine,
};
[[nodiscard]] std::string_view to_string(ControlKind kind);

// What one run of a control was, held against the finding.
enum class ControlOutcome {
  kMet,     // the same: kind, step, signature; of another build, an alike signature
  kMoved,   // the same crash at another step
  kPassed,  // the step ran without it, or the engine outlived the death that is recorded of it
  kOther,   // something else at that step or before it
  kUnjudged,
  kKilled,  // by a signal from outside
};
enum class Builds { kSame, kOther };
[[nodiscard]] ControlOutcome classify(const Verdict& finding, const Verdict& run, Builds builds);

// How often engines had collected garbage before the step of the finding, as their meters say.
struct CollectionCounts {
  uint64_t least = 0;
  uint64_t most = 0;
};

struct ControlRow {
  ControlKind kind = ControlKind::kAgain;
  std::string label;  // "randomisation off", "from snapshot@204"
  uint64_t met = 0;
  uint64_t moved = 0;
  uint64_t passed = 0;
  uint64_t other = 0;
  uint64_t unjudged = 0;
  uint64_t killed = 0;
  std::string not_run;  // why the control was not to be had; empty: it was run
  // What a contrast that chance may have made came to in runs of their own.
  struct SecondLook {
    Tally again;
    Tally row;
  };
  std::optional<SecondLook> second;             // its runs are among those above
  std::optional<CollectionCounts> collections;  // nullopt: no engine told
  // What its runs were beside met and passed ("crashed at step 3: SIGABRT"), and that some lived on
  // where the recording ends.
  std::vector<std::string> elsewise;

  void add(ControlOutcome outcome);
  void add(const ControlRow& more);  // further runs of the same
  // Runs that tell whether the finding is there. Another build that ends in another way before it
  // gets there tells nothing.
  [[nodiscard]] uint64_t judged() const;
  [[nodiscard]] Tally tally() const { return {met, judged()}; }
};

struct ControlTable {
  VerdictKind finding = VerdictKind::kClean;
  bool killed = false;              // the finding is a signal from outside
  std::string reason;               // kUnjudged: why
  bool aslr = true;                 // how the finding was made
  std::string limit;                // of kWithoutLimit: "memory limit of 1.4 GiB"
  std::vector<std::string> damage;  // stored hashes that do not hold
  std::vector<ControlRow> rows;     // at most one of a kind
  // Controls that a claim of determinism lacks, with why: "another engine (…)".
  std::vector<std::string> beyond;
};

struct Explanation {
  Cause cause = Cause::kUnknown;
  std::string why;                        // one sentence with the counts that it rests on
  std::vector<std::string> reservations;  // too few runs, contradictory rows, controls not run
  bool sure = false;                      // the counts alone bear the cause, at 95 %
  // Where a row differs: the chance that some row of a table like this does so for no reason.
  std::optional<double> chance;
};
[[nodiscard]] Explanation explain(const ControlTable& table);

// A row that seems to differ, but not so much that it could not be chance with so many rows to look
// at: as many runs again of it and of the unchanged replay settle it, since these test one claim.
[[nodiscard]] bool needs_second_look(const ControlTable& table, const ControlRow& row);

}  // namespace recrank
