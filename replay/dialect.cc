#include "replay/dialect.h"

namespace recrank {

RecordedFailure Dialect::read_failure(std::string_view text) const {
  RecordedFailure failure;
  failure.text = text;
  return failure;
}

bool Dialect::record_ends_inside(const Step& step) const {
  if (step.status != RecordedStatus::kFailed) return step.open_end;
  return read_failure(step.failure_text).kind != RecordedFailureKind::kAnswer;
}

std::string Dialect::describe(const Step& step) const {
  return std::string(step.summary.empty() ? step.delivery : step.summary);
}

}  // namespace recrank
