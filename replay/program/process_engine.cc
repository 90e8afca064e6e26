#include "replay/program/process_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/program/http_run.h"
#include "replay/program/process_run.h"
#include "replay/program/program_engine.h"
#include "snapshot/journal/dialect_names.h"

namespace recrank::program {
namespace {

void refuse_heap(const StartRequest& request) {
  if (!request.heap.valid()) return;
  throw Error(ErrorCode::kUnsupported, "a program cannot be started from a heap snapshot");
}

class LineEngine : public ProgramEngine {
 public:
  explicit LineEngine(ProcessProgram program) : ProgramEngine(std::move(program)) {}

 private:
  [[nodiscard]] StartResult launch(WorkerCommand command, StartRequest request,
                                   const Interrupt& interrupt) const override {
    refuse_heap(request);
    command.wire = kStdioWire;
    return {std::make_unique<ProcessRun>(std::move(command), request.limits, interrupt)};
  }
  [[nodiscard]] std::string remedy(const std::string& recorded) const override {
    if (recorded == kHttpDialect) return "its engine file needs \"transport\":\"http\"";
    return ProgramEngine::remedy(recorded);
  }
};

class HttpEngine : public ProgramEngine {
 public:
  explicit HttpEngine(ProcessProgram program) : ProgramEngine(program), http_(*program.http) {}

 private:
  [[nodiscard]] StartResult launch(WorkerCommand command, StartRequest request,
                                   const Interrupt& interrupt) const override {
    refuse_heap(request);
    if (http_.event_port == 0) command.wire = kStdioWire;
    for (std::string& word : command.arguments) word = fill_placeholders(word, http_);
    for (auto& [name, value] : command.environment) value = fill_placeholders(value, http_);
    command.sockets = inner_sockets_for(http_);
    return {std::make_unique<HttpRun>(std::move(command), http_, request.limits, interrupt)};
  }
  [[nodiscard]] std::string remedy(const std::string& recorded) const override {
    if (recorded != kProcessDialect) return ProgramEngine::remedy(recorded);
    return "its journal needs \"transport\":\"http\" in its header, or calls "
           "(docs/formats/journal.md)";
  }

  HttpTransport http_;
};

}  // namespace

std::unique_ptr<Engine> make_process_engine(ProcessProgram program) {
  if (program.http) return std::make_unique<HttpEngine>(std::move(program));
  return std::make_unique<LineEngine>(std::move(program));
}

}  // namespace recrank::program
