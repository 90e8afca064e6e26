#include "replay/dialect.h"

namespace recrank {

RecordedFailure Dialect::read_failure(std::string_view text) const {
  RecordedFailure failure;
  failure.text = text;
  return failure;
}

std::string Dialect::describe(const Step& step) const {
  return std::string(step.summary.empty() ? step.delivery : step.summary);
}

}  // namespace recrank
