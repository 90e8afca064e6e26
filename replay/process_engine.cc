#include "replay/process_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/process_run.h"

namespace recrank {
namespace {

class ProcessEngine : public Engine {
 public:
  explicit ProcessEngine(ProcessProgram program) : program_(std::move(program)) {}

  [[nodiscard]] const EngineIdentity& identity() const override { return program_.identity; }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override;

 private:
  ProcessProgram program_;
};

StartResult ProcessEngine::start(StartRequest request, const Interrupt& interrupt) const {
  if (request.era != Era::kProcess) {
    throw Error(ErrorCode::kUnsupported, "the recording is of " +
                                             std::string(dialect_name(request.era)) +
                                             ", but the engine " + program_.identity.name +
                                             " is a program that reads events; choose another engine");
  }
  if (request.heap.valid()) {
    throw Error(ErrorCode::kUnsupported, "a program cannot be started from a heap snapshot");
  }
  WorkerCommand command;
  command.program = program_.program;
  command.arguments = program_.arguments;
  command.environment = program_.environment;
  command.directory = program_.directory;
  command.wire = kStdioWire;
  command.open_files_max = program_.open_files_max;
  command.sandbox.network = program_.network;
  command.memory_bytes = request.limits.memory_bytes;
  command.cpu_s = request.limits.cpu_s;
  command.aslr = request.aslr;
  command.capture = request.capture;
  return {std::make_unique<ProcessRun>(std::move(command), request.limits, interrupt), {}, {}};
}

}  // namespace

std::unique_ptr<Engine> make_process_engine(ProcessProgram program) {
  return std::make_unique<ProcessEngine>(std::move(program));
}

}  // namespace recrank
