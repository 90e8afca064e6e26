// What a bisection found, as JSON, for a terminal, and as Markdown for an issue tracker. Pure
// functions from values to text. The members of the JSON: docs/bisect.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "harness/bisect/bisect_session.h"

namespace recrank {

struct BisectReportInput {
  const Recording& recording;
  const Subject& subject;
  const BisectResult& result;
  std::vector<std::string> names;  // of the engines, in the order of the list
  std::string reproduce_bad;       // commands of the two neighbours; empty: there are none
  std::string reproduce_good;
  std::string no_reproducer = {};  // of a change: why there are none
};

// "first bad engine: xsnap-0.15.0-debug (the finding is not seen on xsnap-0.15.0)".
[[nodiscard]] std::string bisect_answer(const BisectReportInput& input);
// How sure it is, and on what assumptions; one sentence each.
[[nodiscard]] std::vector<std::string> bisect_grounds(const BisectReportInput& input);
// That what is not seen is not mended, and what variations say to it. Empty without a change.
[[nodiscard]] std::string bisect_caution(const BisectReportInput& input);

// Without "schema": one entry per subject.
[[nodiscard]] Json bisect_json(const BisectReportInput& input);
[[nodiscard]] std::string bisect_text(const BisectReportInput& input);
[[nodiscard]] std::string bisect_markdown(const BisectReportInput& input);

// --all: vats down, engines across.
[[nodiscard]] std::string bisect_table(const std::vector<BisectReportInput>& inputs);

// 0: one change, as claimed, in one subject at least; 130; 125.
[[nodiscard]] int bisect_exit_status(const std::vector<BisectResult>& results);

}  // namespace recrank
