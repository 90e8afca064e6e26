#include "replay/process_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/process_run.h"
#include "replay/program_engine.h"

namespace recrank {
namespace {

class ProcessEngine : public ProgramEngine {
 public:
  explicit ProcessEngine(ProcessProgram program) : ProgramEngine(std::move(program), Era::kProcess) {}

 private:
  [[nodiscard]] StartResult launch(WorkerCommand command, StartRequest request,
                                   const Interrupt& interrupt) const override {
    if (request.heap.valid()) {
      throw Error(ErrorCode::kUnsupported, "a program cannot be started from a heap snapshot");
    }
    command.wire = kStdioWire;
    return {std::make_unique<ProcessRun>(std::move(command), request.limits, interrupt)};
  }
};

}  // namespace

std::unique_ptr<Engine> make_process_engine(ProcessProgram program) {
  return std::make_unique<ProcessEngine>(std::move(program));
}

}  // namespace recrank
