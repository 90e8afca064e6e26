// Runs the controls of a finding and fills the table that harness/certainty/controls.h reasons
// about.
//
// Each control replays up to the step of the finding and no further. Row by row, the runs of a row
// side by side on `jobs` threads; nothing is printed.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/certainty/controls.h"
#include "harness/session/replay_session.h"
#include "replay/judge/replay.h"

namespace recrank {

// An engine to hold against the finding's own, or why there is none.
struct OtherEngine {
  const Engine* engine = nullptr;
  std::string name;
  std::string not_there;  // empty: nobody asked for one
  ControlKind kind = ControlKind::kReferenceEngine;
};

struct ExplainRequest {
  ReplayRequest base;  // as the finding was made, without its subject
  size_t runs = 5;     // of each control
  size_t jobs = 1;
  OtherEngine debug;  // beside a debug build the release build
  OtherEngine reference;
  std::vector<std::string> beyond;              // ControlTable::beyond
  std::function<void(const ControlRow&)> told;  // of each row as it is done; may be empty
};

// What verify() of the evidence came to.
struct EvidenceCheck {
  uint64_t hashes = 0;  // that were computed anew
};

// The session was clean, and a control was not. One crash in many runs is a crash.
struct FoundByControl {
  Verdict verdict;
  ReplayPlan plan;
  bool aslr = true;  // how it was met
  Tally tally;       // of the runs so, those of the session among them
};

struct Explained {
  std::optional<FoundByControl> found;
  ControlTable table;
  EvidenceCheck evidence;
  Explanation explanation;
};

// The finding is the session's headline. Runs that the session made (--repeat) are the first row.
// With an interrupt the rows that are not done say so.
[[nodiscard]] Explained explain_session(const Recording& recording, const Engine& engine,
                                        const SubjectSession& session,
                                        const ExplainRequest& request, const Interrupt& interrupt);

}  // namespace recrank
