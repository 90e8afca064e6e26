// What the subject printed before a finding, in a report.
#pragma once

#include "harness/session/console_watch.h"
#include "harness/session/subject_report.h"

namespace recrank {

// The member "console" of a verdict, with its lines for people.
[[nodiscard]] ReportPart console_part(const ConsoleTail& tail);

}  // namespace recrank
