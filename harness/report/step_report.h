// One recorded step, whole: as text and as JSON. What it asks for and touches is told by its
// dialect; the rest is the same for all systems.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "replay/dialect.h"
#include "snapshot/recording.h"

namespace recrank {

// Bytes of one value in the text, unless it is asked for in full.
inline constexpr size_t kStepValueBytes = 300;

// `what`: the step in words (harness/session/nearby_steps.h).
struct StepReportInput {
  const Recording& recording;
  const std::string& subject_id;
  const Step& step;
  std::string what;
};

// `full`: values are not cut.
[[nodiscard]] std::string step_text(const StepReportInput& input, bool full);
// Values are whole: their text, and beside it as "decoded" what is JSON, with the JSON that its
// strings hold.
[[nodiscard]] Json step_json(const StepReportInput& input);

struct StepRow {
  std::vector<std::string> cells;
};
[[nodiscard]] StepRow step_row(const Step& step, const std::string& what);
// Rows below a head, without the columns that are empty in all of them.
[[nodiscard]] std::string steps_table(const std::vector<StepRow>& rows);
[[nodiscard]] Json step_row_json(const Step& step, const std::string& what);

}  // namespace recrank
