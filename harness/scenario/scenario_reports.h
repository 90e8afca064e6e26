// The results of `run` in the formats that others read. Pure functions from values to text; no
// clock, host name or pid in any of them, durations apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "harness/scenario/scenario_result.h"

namespace recrank {

// Of a command that reproduces a case; longer ones are cut.
inline constexpr size_t kReproduceBytesMax = size_t{16} << 10;

// {"schema":"recrank.run/1",…}: docs/scenarios.md.
[[nodiscard]] Json run_json(const std::vector<ScenarioResult>& results);
// For a terminal: one line per case, then what failed with expected, found and reproducer.
[[nodiscard]] std::string run_text(const std::vector<ScenarioResult>& results);
// JUnit XML: one <testsuite> per scenario. kOtherwise is a <failure>, kNotJudged and kInterrupted
// an <error>, kSkipped <skipped>.
[[nodiscard]] std::string run_junit(const std::vector<ScenarioResult>& results);
// SARIF 2.1.0: one result per finding that is not as expected, or could not be judged; the location
// is the scenario's file, the fingerprint the signature.
[[nodiscard]] std::string run_sarif(const std::vector<ScenarioResult>& results);
// GitHub-flavoured Markdown, fit for a CI summary and for an issue.
[[nodiscard]] std::string run_markdown(const std::vector<ScenarioResult>& results);

}  // namespace recrank
