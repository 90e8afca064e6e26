#include "harness/cli/inspect_steps.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/report/step_report.h"
#include "harness/session/nearby_steps.h"

namespace recrank {
namespace {

struct AskedSteps {
  uint64_t from = 0;
  uint64_t to = 0;
};

AskedSteps parse_steps(const std::string& text) {
  const size_t dots = text.find("..");
  const auto from = parse_uint(text.substr(0, dots));
  const auto to = dots == std::string::npos ? from : parse_uint(text.substr(dots + 2));
  if (!from || !to || *from > *to || *to == UINT64_MAX) {
    throw Error(ErrorCode::kUsage, "--steps takes the first and the last step, as 40..60, not '" +
                                       printable(text, 40) + "'");
  }
  return {*from, *to};
}

void show_step(const Recording& recording, const Subject& subject, const Step& step, bool full,
               CommandResult& result) {
  const StepReportInput input{recording, subject.id, step, step_words(dialect_of(recording), step)};
  result.text += step_text(input, full);
  result.report["step"] = step_json(input);
}

}  // namespace

void add_step_options(ArgumentSpec& spec) {
  add_value(spec, "step", "N", "one step, whole: what it asks for, its calls with their answers");
  add_flag(spec, "full", "with --step: values are not cut");
  add_value(spec, "steps", "N..M", "these steps as a table");
}

bool asks_for_steps(const Arguments& arguments) {
  return arguments.has("step") || arguments.has("steps") || arguments.flag("full");
}

std::string ranges_text(const std::vector<StepRange>& held) {
  std::string text;
  for (const StepRange range : held) text += (text.empty() ? "" : ", ") + range_text(range);
  return text.empty() ? "-" : text;
}

std::vector<StepRange> held_between(const Subject& subject, uint64_t from, uint64_t to) {
  std::vector<StepRange> ranges;
  for (const StepRange held : subject.held) {
    const StepRange part{std::max(held.begin, from), to < held.end ? to + 1 : held.end};
    if (!part.empty()) ranges.push_back(part);
  }
  if (!ranges.empty()) return ranges;
  throw Error(ErrorCode::kUsage, subject.kind + " " + subject.id +
                                     " holds no step there; it holds " + ranges_text(subject.held));
}

void inspect_steps(const Recording& recording, const Subject& subject, const Arguments& arguments,
                   Context& context, CommandResult& result) {
  const auto one = arguments.number("step");
  const auto several = arguments.text("steps");
  if (one.has_value() == several.has_value() || arguments.has("from") || arguments.has("to") ||
      arguments.flag("verify")) {
    throw Error(ErrorCode::kUsage,
                "--step and --steps stand alone: give one of the two, --full with --step only, and "
                "neither --from, --to nor --verify");
  }
  if (several && arguments.flag("full"))
    throw Error(ErrorCode::kUsage, "--full shows one step whole: give --step, not --steps");
  const AskedSteps asked = one ? AskedSteps{*one, *one} : parse_steps(*several);
  std::vector<StepRow> rows;
  Json listed = Json::array();
  Step step;
  for (const StepRange range : held_between(subject, asked.from, asked.to)) {
    const auto stream = recording.steps(subject.id, range);
    while (!context.interrupt.requested() && stream->next(step)) {
      if (one) {
        show_step(recording, subject, step, arguments.flag("full"), result);
        continue;
      }
      const std::string what = step_words(dialect_of(recording), step);
      rows.push_back(step_row(step, what));
      listed.push_back(step_row_json(step, what));
    }
  }
  if (one) return;
  result.text += steps_table(rows);
  result.report["listed"] = std::move(listed);
}

}  // namespace recrank
