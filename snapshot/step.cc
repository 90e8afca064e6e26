#include "snapshot/step.h"

namespace recrank {

std::string range_text(StepRange range) {
  return std::to_string(range.begin) + ".." + std::to_string(range.end - 1);
}

void Step::clear() {
  number = 0;
  kind = StepKind::kDelivery;
  delivery = {};
  calls.clear();
  status.reset();
  failure_text.clear();
  open_end = false;
  unclaimed = false;
  computrons.reset();
  recorded_meter = {};
  expected_snapshot = {};
  expected_result = {};
  facts.clear();
  facts_tell_delivery = false;
  summary = {};
  block.reset();
  crank.reset();
  text.clear();
  arena.clear();
}

}  // namespace recrank
