#include "snapshot/recorded_end.h"

namespace recrank {

std::vector<RecordedEnd> recorded_ends(const Recording& recording) {
  const auto* teller = dynamic_cast<const TellsEnds*>(&recording);
  return teller == nullptr ? std::vector<RecordedEnd>() : teller->ends();
}

}  // namespace recrank
