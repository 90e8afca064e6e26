#include "snapshot/step.h"

namespace recrank {

void Step::clear() {
  number = 0;
  kind = StepKind::kDelivery;
  delivery = {};
  calls.clear();
  status.reset();
  failure_text.clear();
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
