// What `triage` found, as text and as JSON (docs/triage.md).
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "harness/triage/triage_match.h"
#include "replay/triage/triage.h"

namespace recrank {

// `matches` are those of the classes, in their order; `logs` as the user named them.
[[nodiscard]] Json triage_json(const TriageResult& found, const std::vector<ClassMatch>& matches,
                               const std::vector<std::string>& logs);
[[nodiscard]] std::string triage_text(const TriageResult& found,
                                      const std::vector<ClassMatch>& matches);

// A class of which a person should know more; empty: nothing.
[[nodiscard]] std::string caution_of(const CrashClass& group);

}  // namespace recrank
