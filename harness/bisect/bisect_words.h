// The words of a bisection's report that text, Markdown and JSON share.
#pragma once

#include <string>
#include <vector>

#include "harness/bisect/bisect_report.h"

namespace recrank {

// "good", "bad", "other", "skipped", "not decided", "-".
[[nodiscard]] std::string probe_word(const EngineProbe& probe);
// "0 of 7", of the runs that were judged from where the probe began.
[[nodiscard]] std::string runs_words(const ProbeTally& tally);
[[nodiscard]] std::string finding_title(const HuntedFinding& hunted);
// Head and rows: engine, word, shown, outcome, start, cached.
[[nodiscard]] std::vector<std::vector<std::string>> engine_rows(const BisectReportInput& input);
// "0.3 %", rounded up.
[[nodiscard]] std::string chance_words(double chance);

}  // namespace recrank
