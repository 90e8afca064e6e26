// Complaints about a scenario.json: of the schema, and of the rules behind it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "harness/scenario/scenario.h"

namespace recrank {

// One thing that is wrong.
struct ScenarioComplaint {
  std::string pointer;  // JSON pointer of the value it is about
  std::string what;
};

// docs/schemas/scenario.schema.json, as it was when this program was built.
[[nodiscard]] std::string_view scenario_schema_text();

// What the schema refuses in `text`, which is JSON; in no fixed order. Empty: nothing.
[[nodiscard]] std::vector<ScenarioComplaint> schema_complaints(const std::string& text);

// What the rules beyond the schema refuse (docs/formats/scenario.md). `json` passes the schema and
// `scenario` was read from it. At most about kScenarioComplaintsMax.
[[nodiscard]] std::vector<ScenarioComplaint> rule_complaints(const Json& json,
                                                             const Scenario& scenario);

// More are not told.
inline constexpr size_t kScenarioComplaintsMax = 20;

// Bounds of the rules.
inline constexpr size_t kScenarioCasesMax = 10'000;
inline constexpr size_t kScenarioFromDepthMax = 4;

}  // namespace recrank
