// One conversation with one program that answers lines with lines.
#pragma once

#include <string>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/process/worker_process.h"
#include "replay/program/line_wire.h"
#include "replay/program/program_engine.h"

namespace recrank::program {

// The program makes no calls, so a step's CallHandler is never asked. Its whole state is what its
// events made of it.
//
// A line more than was asked for is a broken protocol: it would be taken for the next answer.
class ProcessRun : public ProgramRun {
 public:
  ProcessRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt);

  StepOutcome apply(const Step& step, CallHandler& handler) override;

 private:
  StepOutcome judge(LineStatus status);
  StepOutcome garbled(std::string what);

  LineWire wire_;
  bool over_ = false;  // the process is gone
};

}  // namespace recrank::program
