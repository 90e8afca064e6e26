// One item of a swing-store transcript, cut into a Step.
// Format: docs/formats/swingset-2024.md ("Transcript items").
#pragma once

#include <string_view>

#include "snapshot/step.h"

namespace recrank::agoric {

// Fills all of `step` but its number and its owners; the views point into `json`, which must live
// as long as they are used. A leading member "transcriptNum" (.sst files) is passed over, as is
// every member that this version does not know. Throws kInvalidData "JSON: …" or "transcript item:
// …" for text that is no item; the caller adds file and place.
void parse_modern_item(std::string_view json, Step& step);

// The same over step.text.
void parse_transcript_item(Step& step);

}  // namespace recrank::agoric
