// How vats died or failed, as the recording or the logs beside it tell it.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/recorded_end.h"

namespace recrank {

struct ToldEnd {
  RecordedEnd end;
  std::string told_by;  // the log beside the recording; empty: the recording itself
};

struct ToldEnds {
  std::vector<ToldEnd> ends;       // one per subject at most, sorted by vat_id_less
  std::vector<std::string> notes;  // logs that could not be used, and why
  bool asked_log = false;          // a recording or a log that can tell was read
};

// Reads the logs beside the recording from their begin to their end. One that is damaged, or that
// names vats otherwise than the recording does and so belongs to another history, tells nothing.
[[nodiscard]] ToldEnds read_told_ends(const Evidence& evidence);

[[nodiscard]] Json told_ends_json(const ToldEnds& told);
// Whole lines; also which subjects of the recording ended without anybody saying why.
[[nodiscard]] std::string told_ends_text(const ToldEnds& told, const Recording& recording);

}  // namespace recrank
