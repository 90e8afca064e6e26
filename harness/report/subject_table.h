// The table of `replay --all`: one line per subject.
#pragma once

#include <string>
#include <vector>

#include "harness/session/replay_session.h"

namespace recrank {

// Subjects in the order of their numbers, those without anything to replay among them. Columns:
// vat, name, steps (that ran), verdict, steps/s, slowest step, heap (of the recorded snapshots,
// first and last), memory (resident, of the engine, after its first delivery and at the last look).
[[nodiscard]] std::string subject_table(const std::vector<SubjectSession>& sessions,
                                        const std::vector<const Subject*>& not_replayed);

// What the lines of a clean subject would say besides: what was left out, not recorded, assumed.
// One line each, with the subjects that it holds for.
[[nodiscard]] std::string subject_remarks(const std::vector<const SubjectSession*>& sessions);

}  // namespace recrank
