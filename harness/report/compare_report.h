// The report of `recrank compare`, as JSON and as text.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "replay/compare/chain_order.h"
#include "replay/compare/compare_recordings.h"
#include "snapshot/recording.h"

namespace recrank {

// Refers to all that it is given.
struct CompareReportInput {
  const Recording& a;
  const Recording& b;
  const CompareResult& compared;
  const ChainOrder& order;
  std::vector<std::string> logs;  // that were asked where steps stand, as reports call them
};

[[nodiscard]] Json compare_json(const CompareReportInput& input);
[[nodiscard]] std::string compare_text(const CompareReportInput& input);

}  // namespace recrank
