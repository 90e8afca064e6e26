// What engines over a program of the user's have in common: an engine file names it, it runs as one
// process in the sandbox, and its state is in that process only.
#pragma once

#include <chrono>
#include <string>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/process/worker_process.h"
#include "replay/program/process_engine.h"

namespace recrank::program {

// A kind of program derives from it and says how a conversation begins.
class ProgramEngine : public Engine {
 public:
  [[nodiscard]] const EngineIdentity& identity() const override { return program_.identity; }
  // kUnsupported for a recording of another dialect.
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override;

 protected:
  explicit ProgramEngine(ProcessProgram program) : program_(std::move(program)) {}
  // `command` is filled from the engine file and the request; its wires are still to be chosen.
  // `request.heap` is valid where the replay begins at a checkpoint with bytes.
  [[nodiscard]] virtual StartResult launch(WorkerCommand command, StartRequest request,
                                           const Interrupt& interrupt) const = 0;
  // What helps against a recording of another dialect.
  [[nodiscard]] virtual std::string remedy(const std::string& recorded) const;

 private:
  ProcessProgram program_;
};

// A Run of such a program. Its state cannot be written down: both writers throw kUnsupported.
class ProgramRun : public Run {
 public:
  StepOutcome write_snapshot(std::string& sha256) override;
  StepOutcome write_checkpoint(int file) override;
  [[nodiscard]] RunCost cost() const override;
  // The process is gone, or is to go now: what that means. A runtime that reports its own crash may
  // take `grace` for it.
  [[nodiscard]] StepOutcome ended(std::chrono::milliseconds grace);
  // It broke the protocol, and is killed for it.
  [[nodiscard]] StepOutcome garbled(std::string what);

 protected:
  // The wall limit of the run counts from here.
  ProgramRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt);

  const Limits limits_;
  WorkerProcess process_;
};

}  // namespace recrank::program
