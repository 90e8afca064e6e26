// From CaptureOptions to the command of an engine: what a core file or a recorder asks of the
// process that it is about.
#pragma once

#include "replay/crash/capture.h"
#include "replay/process/worker_process.h"

namespace recrank {

// kCore: asks for the core file. With a recorder: the engine is started through it, as the
// recorder's child and in recorder_sandbox(). The limit on address space then holds for the engine,
// through prlimit of util-linux, and not for the recorder.
void apply_capture(const CaptureOptions& capture, WorkerCommand& command);

}  // namespace recrank
