// The whole report of `recrank replay`, as JSON and as text.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "harness/report/told_ends.h"
#include "harness/session/replay_session.h"

namespace recrank {

// Refers to all that it is given.
struct ReplayReportInput {
  const Recording& recording;
  const EngineIdentity& engine;
  const std::vector<SubjectSession>& sessions;  // at least one
  const std::vector<const Subject*>& not_replayed;
  bool all = false;                            // --all: a list of subjects
  bool repeated = false;                       // --repeat above 1
  VerdictKind worst = VerdictKind::kUnjudged;  // of all subjects, variations and controls
  const ToldEnds* told_ends = nullptr;         // null: not asked for
};

[[nodiscard]] Json replay_json(const ReplayReportInput& input);
[[nodiscard]] std::string replay_text(const ReplayReportInput& input);

// Adds to a subject's report: "recorded_heaps", and "slowest_step" and "rss_bytes" to its "cost",
// which are not alike in equal runs.
void add_figures(const SubjectFigures& figures, Json& subject);

}  // namespace recrank
