// One line that stands for a crash: equal for two runs of one crash, different for two crashes.
//
//   SIGSEGV null xsBuildAgent<main
//   SIGSEGV stack-overflow fxNewParserChunk<fxNewParserString<fxReportMemoryError
//   SIGABRT "free(): invalid pointer" fxSweep<fxCollect<fxNewChunk
//   exit 15 unhandled exception
//   exit 1 error "Timed out while waiting for handshake" unheard-error-event client.js
//   exit 1 KeyError "'a'" uncaught app.py
//   exit 3 "cannot open data.db"
//   hang in fxRunScript<fx_eval<fxRunID
//
// Rules, and what is not promised: docs/crash-signatures.md. Pure functions: they read nothing but
// their arguments, and whatever those hold, the line is printable and short.
#pragma once

#include <string>
#include <string_view>

#include "replay/crash/process_end.h"

namespace recrank {

// Of a process that died by a signal or left by itself; with a report of a hang, of the hang.
[[nodiscard]] std::string crash_signature(const ProcessEnd& end);

// Whether nothing but the status and what it means is known of an exit with this signature, so that
// another failure that ends with the same status would have the same one.
[[nodiscard]] bool tells_status_only(std::string_view signature, int exit_status,
                                     std::string_view meaning);

// Of an engine that lived and wrote what is not the protocol; `what` as StepGarbled has it.
[[nodiscard]] std::string garbled_signature(std::string_view what);

// Whether two builds of one program may have died of one crash: the same kind, and a function in
// common. Weaker than equality, which only one and the same build promises.
[[nodiscard]] bool alike_across_builds(std::string_view a, std::string_view b);

// The sender of a signal was another process: no fault of the engine's.
[[nodiscard]] bool sent_from_outside(const ProcessEnd& end);

}  // namespace recrank
