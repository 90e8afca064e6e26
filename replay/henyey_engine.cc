#include "replay/henyey_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/henyey_run.h"

namespace recrank {
namespace {

// Commands on its standard input, which it does not read; its log is on standard error, what it
// says of the ledgers on standard output.
constexpr WireLayout kWire{0, 2, 1};
constexpr uint64_t kOpenFiles = 4096;  // hundreds of buckets, and the threads of its runtime

class HenyeyEngine : public Engine {
 public:
  explicit HenyeyEngine(HenyeyProgram program) : program_(std::move(program)) {}

  [[nodiscard]] const EngineIdentity& identity() const override { return program_.identity; }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override;

 private:
  HenyeyProgram program_;
};

StartResult HenyeyEngine::start(StartRequest request, const Interrupt& interrupt) const {
  if (request.era != Era::kHenyey) {
    throw Error(ErrorCode::kUnsupported,
                "the recording is of " + std::string(dialect_name(request.era)) +
                    ", but the engine " + program_.identity.name +
                    " is a Stellar node; choose another engine");
  }
  if (request.heap.valid()) {
    throw Error(ErrorCode::kUnsupported, "a Stellar node finds its state in its archive by itself");
  }
  if (request.range.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "a Stellar node must be told beforehand which ledgers it is to execute");
  }
  WorkerCommand command;
  command.program = program_.program;
  command.arguments = henyey_arguments(program_, request.range);
  command.environment = program_.environment;
  command.wire = kWire;
  command.open_files_max = kOpenFiles;
  command.memory_bytes = request.limits.memory_bytes;
  command.cpu_s = request.limits.cpu_s;
  command.aslr = request.aslr;
  command.capture = request.capture;
  return {std::make_unique<HenyeyRun>(std::move(command), request.limits, request.range, interrupt),
          {}, {}};
}

}  // namespace

std::vector<std::string> henyey_arguments(const HenyeyProgram& program, StepRange range) {
  std::vector<std::string> words = program.network;
  words.insert(words.end(), {"--log-format", "json"});
  if (program.shape == HenyeyShape::kOffline) words.emplace_back("offline");
  words.insert(words.end(), {"verify-execution", "--from", std::to_string(range.begin), "--to",
                             std::to_string(range.end - 1), "--stop-on-error", "--cache-dir",
                             program.cache.string()});
  words.insert(words.end(), program.cdp.begin(), program.cdp.end());
  words.emplace_back("-q");
  return words;
}

std::unique_ptr<Engine> make_henyey_engine(HenyeyProgram program) {
  return std::make_unique<HenyeyEngine>(std::move(program));
}

}  // namespace recrank
