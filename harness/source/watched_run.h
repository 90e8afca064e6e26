// What every run that watches one step has in common.
#pragma once

#include "harness/session/subject_report.h"
#include "harness/source/source_view.h"
#include "replay/judge/replay.h"

namespace recrank {

// A step that a limit of time ended: where it stood is no death of its own.
[[nodiscard]] bool is_hang(const Verdict& verdict);

// `base`, for a run of the step of the report's verdict alone: it goes on behind a difference,
// writes no heap, is not captured, and has the time that looks take. The watch is the caller's to
// set.
[[nodiscard]] ReplayRequest watched_request(const ReplayRequest& base, const SubjectReport& report);

enum class ReadFirst {
  kSubject,    // the innermost frame of the subject's own, if there is one
  kInnermost,  // of all that have a line
};

// The frame of a look that is to be read first, with the lines around it.
[[nodiscard]] SourcePlace place_of(const SourceLook& look, ReadFirst first,
                                   const Recording& recording, const Engine& engine,
                                   const SubjectReport& report, const SourceRequest& asked);

}  // namespace recrank
