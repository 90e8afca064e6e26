#include "snapshot/recorded_end.h"

namespace recrank {

const std::vector<RecordedEnd>* recorded_ends(const Recording& recording) {
  const auto* teller = dynamic_cast<const TellsEnds*>(&recording);
  return teller == nullptr ? nullptr : teller->ends();
}

}  // namespace recrank
