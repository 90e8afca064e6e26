#include "replay/process_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/http_run.h"
#include "replay/process_run.h"

namespace recrank {
namespace {

class ProcessEngine : public Engine {
 public:
  explicit ProcessEngine(ProcessProgram program) : program_(std::move(program)) {}

  [[nodiscard]] const EngineIdentity& identity() const override { return program_.identity; }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override;

 private:
  void require_era(Era era) const;

  ProcessProgram program_;
};

void ProcessEngine::require_era(Era era) const {
  if (era == (program_.http ? Era::kHttp : Era::kProcess)) return;
  std::string remedy = "choose another engine";
  if (era == Era::kHttp) remedy = "its engine file needs \"transport\":\"http\"";
  if (era == Era::kProcess && program_.http) {
    remedy = "its journal needs \"transport\":\"http\" in its header, or calls (docs/formats/journal.md)";
  }
  throw Error(ErrorCode::kUnsupported, "the recording is of " + std::string(dialect_name(era)) +
                                           ", but the engine " + program_.identity.name +
                                           " is a program that reads events" +
                                           (program_.http ? " and asks over HTTP" : "") + "; " + remedy);
}

StartResult ProcessEngine::start(StartRequest request, const Interrupt& interrupt) const {
  require_era(request.era);
  if (request.heap.valid()) {
    throw Error(ErrorCode::kUnsupported, "a program cannot be started from a heap snapshot");
  }
  WorkerCommand command;
  command.program = program_.program;
  command.arguments = program_.arguments;
  command.environment = program_.environment;
  command.directory = program_.directory;
  if (!program_.http || program_.http->event_port == 0) command.wire = kStdioWire;
  if (program_.http) {
    for (std::string& word : command.arguments) word = fill_placeholders(word, *program_.http);
    for (auto& [name, value] : command.environment) value = fill_placeholders(value, *program_.http);
    command.sockets = inner_sockets_for(*program_.http);
  }
  command.open_files_max = program_.open_files_max;
  command.sandbox.network = program_.network;
  command.memory_bytes = request.limits.memory_bytes;
  command.cpu_s = request.limits.cpu_s;
  command.aslr = request.aslr;
  command.capture = request.capture;
  if (program_.http) {
    return {std::make_unique<HttpRun>(std::move(command), *program_.http, request.limits, interrupt), {}, {}};
  }
  return {std::make_unique<ProcessRun>(std::move(command), request.limits, interrupt), {}, {}};
}

}  // namespace

std::unique_ptr<Engine> make_process_engine(ProcessProgram program) {
  return std::make_unique<ProcessEngine>(std::move(program));
}

}  // namespace recrank
