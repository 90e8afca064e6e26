// A bisection as JSON, as text for a terminal, and as Markdown for an issue.
#pragma once

#include <string>
#include <vector>

#include "harness/bisect_session.h"
#include "harness/command.h"

namespace recrank {

// One subject's search with what a report needs besides.
struct BisectReport {
  Subject subject;
  BisectResult result;
  std::vector<std::string> reproduce;  // by index of the list; empty: not tested
};

// The members "subject", "finding", "answer", "engines", "caution", "cost".
[[nodiscard]] Json bisect_json(const BisectReport& report);
[[nodiscard]] std::string bisect_text(const BisectReport& report);
// `recording`: what the user calls it.
[[nodiscard]] std::string bisect_markdown(const BisectReport& report, const std::string& recording);

// Several subjects over one list: a row for each engine, a column for each subject.
[[nodiscard]] std::string bisect_overview(const std::vector<BisectReport>& reports);

}  // namespace recrank
