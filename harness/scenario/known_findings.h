// Findings that are filed already, so that nobody files them twice.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/scenario/scenario_result.h"

namespace recrank {

// {"schema":"recrank.known/1","findings":[{"signature":"…*","issue":"…","url":"…","note":"…"}]}.
// kInvalidData names file and line.
[[nodiscard]] std::vector<KnownFinding> load_known_findings(const std::filesystem::path& file);

// The first that matches; a "*" in its signature stands for any text.
[[nodiscard]] std::optional<KnownFinding> find_known(const std::vector<KnownFinding>& known,
                                                     std::string_view finding);

// Whether `text` is as `pattern` says, "*" standing for any text, also none.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace recrank
