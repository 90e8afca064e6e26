// --trust-checkpoint: a replay over heap snapshots that are not what their hashes promise, and the
// report that says so.
#pragma once

#include <string>
#include <vector>

#include "harness/session/subject_report.h"

namespace recrank {

// Puts the damage of EvidenceState::heaps that was passed over into the report: loudly in the text,
// as "evidence_not_as_promised" in JSON, and in the verdict's own detail, so that nobody takes it
// for a plain one. Nothing when there is none.
void note_untrusted(SubjectReport& report, const std::vector<std::string>& damage);

}  // namespace recrank
