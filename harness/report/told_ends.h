// How vats died or failed, as the recording or the logs beside it tell it, and where such a log
// goes on behind what the recording holds: a replay of a database does not see what the kernel took
// back.
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

// A log beside the recording holds later steps of a subject.
struct LongerLog {
  std::string subject_id;
  StepRange steps;      // those that the recording does not hold, in the log's numbers
  std::string told_by;  // the log
  std::string command;  // that replays them; empty where the log must be unpacked first
};

struct ToldEnds {
  std::vector<ToldEnd> ends;       // one per subject at most, sorted by vat_id_less
  std::vector<LongerLog> longer;   // in the order of the logs
  std::vector<std::string> notes;  // logs that could not be used, and why
  bool asked_log = false;          // a recording or a log that can tell was read
};

// Reads the logs beside the recording from their begin to their end. One that is damaged, or that
// names vats otherwise than the recording does and so belongs to another history, tells nothing.
[[nodiscard]] ToldEnds read_told_ends(const Evidence& evidence);
// The same of one subject.
[[nodiscard]] ToldEnds read_told_ends(const Evidence& evidence, const std::string& subject_id);

// Adds the members "ended" and "goes_on", as far as there is anything to tell.
void add_told_ends(const ToldEnds& told, Json& report);
// Whole lines. told_ends_text also says which subjects of the recording ended without anybody
// saying why.
[[nodiscard]] std::string told_lines(const ToldEnds& told);
[[nodiscard]] std::string told_ends_text(const ToldEnds& told, const Recording& recording);

}  // namespace recrank
