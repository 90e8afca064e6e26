#include "replay/program/program_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/process/capture_command.h"
#include "replay/process/end_of_process.h"
#include "replay/process/view.h"

namespace recrank::program {
namespace {

[[noreturn]] void no_heap() {
  throw Error(ErrorCode::kUnsupported,
              "the state of a program cannot be written down: replay it from its beginning");
}

// The last that is done to a command: a recorder takes the whole of it for its own.
WorkerCommand captured(WorkerCommand command) {
  const CaptureOptions capture = std::exchange(command.capture, {});
  apply_capture(capture, command);
  return command;
}

}  // namespace

StartResult ProgramEngine::start(StartRequest request, const Interrupt& interrupt) const {
  if (request.dialect != program_.identity.dialect) {
    throw Error(ErrorCode::kUnsupported, "the recording is of " + request.dialect +
                                             ", but the engine " + program_.identity.name +
                                             " speaks " + program_.identity.dialect + "; " +
                                             remedy(request.dialect));
  }
  WorkerCommand command;
  command.program = program_.program;
  command.arguments = program_.arguments;
  command.environment = program_.environment;
  command.directory = program_.directory;
  command.open_files_max = program_.open_files_max;
  command.sandbox.network = program_.network;
  command.sandbox.readable = program_.readable;
  for (auto& path : named_paths(program_.arguments, program_.environment, program_.directory)) {
    command.sandbox.readable.push_back(std::move(path));
  }
  command.memory_bytes = request.limits.memory_bytes;
  command.cpu_s = request.limits.cpu_s;
  command.aslr = request.aslr;
  command.capture = request.capture;
  return launch(std::move(command), std::move(request), interrupt);
}

std::string ProgramEngine::remedy(const std::string& /*recorded*/) const {
  return "choose another engine";
}

ProgramRun::ProgramRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt)
    : limits_(limits), process_(captured(std::move(command)), interrupt) {
  process_.limit_run(limits.wall_s);
}

StepOutcome ProgramRun::write_snapshot(std::string&) { no_heap(); }

StepOutcome ProgramRun::write_checkpoint(int) { no_heap(); }

RunCost ProgramRun::cost() const {
  const WorkerUsage usage = process_.usage();
  return {usage.cpu_s, usage.peak_rss_bytes, usage.rss_bytes, usage.address_space_bytes};
}

StepOutcome ProgramRun::ended(std::chrono::milliseconds grace) {
  const WorkerEnd& end = process_.finish(grace);
  return outcome_of_end(end, process_.usage(), process_.output(), limits_, ExitReader());
}

StepOutcome ProgramRun::garbled(std::string what) {
  process_.kill();
  process_.finish(std::chrono::milliseconds(0));
  return StepGarbled{std::move(what)};
}

}  // namespace recrank::program
