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
  text.clear();
  arena.clear();
}

}  // namespace recrank
