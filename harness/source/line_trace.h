// The first line at which two engines part in one delivery.
//
// Both run the step at once, each under its debugger, and each waits at every line until the other
// has come to one as well. Where the two are not the same line (path, line, depth of the stack), or
// one is at its end, both are looked at, with all frames and variables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/interrupt.h"
#include "harness/source/source_view.h"

namespace recrank {

struct LineTrace {
  std::string other;  // the engine that it was held against
  // 0: the step was followed from its beginning; else from this call on, the first that differs,
  // with what leads from the call before to it: it is too long for the whole.
  uint64_t from_call = 0;
  uint64_t lines = 0;  // that both began alike
  // Where they part; with neither, both began the same lines. One without the other: there the step
  // was over, or had died.
  std::optional<SourcePlace> here;   // the engine of the verdict
  std::optional<SourcePlace> there;  // the other
  double wall_s = 0;                 // of both runs, side by side
  std::string loss;                  // why it is not known, or not all; empty: it is
};

// What fails is a loss, as with view_source().
[[nodiscard]] LineTrace trace_lines(const Recording& recording, const Engine& engine,
                                    const Engine& other, const ReplayRequest& base,
                                    const SubjectReport& report, const SourceRequest& asked,
                                    const Interrupt& interrupt);

// The member "js_trace" of a verdict, with its lines for people.
[[nodiscard]] ReportPart trace_part(const LineTrace& trace);

}  // namespace recrank
