#include "replay/stellar/henyey_engine.h"

#include <utility>

#include "base/error.h"
#include "replay/program/program_engine.h"
#include "replay/stellar/henyey_run.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

// Commands on its standard input, which it does not read; its log is on standard error, what it
// says of the ledgers on standard output.
constexpr WireLayout kWire{0, 2, 1};

class HenyeyEngine : public program::ProgramEngine {
 public:
  explicit HenyeyEngine(HenyeyProgram program)
      : program::ProgramEngine(program), program_(std::move(program)) {}

 private:
  [[nodiscard]] StartResult launch(WorkerCommand command, StartRequest request,
                                   const Interrupt& interrupt) const override {
    if (request.heap.valid()) {
      throw Error(ErrorCode::kUnsupported,
                  "a Stellar node finds its state in its archive by itself");
    }
    if (request.range.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  "a Stellar node must be told beforehand which ledgers it is to execute");
    }
    command.arguments = henyey_arguments(program_, request.range);
    command.wire = kWire;
    return {
        std::make_unique<HenyeyRun>(std::move(command), request.limits, request.range, interrupt)};
  }

  HenyeyProgram program_;
};

}  // namespace

std::vector<std::string> henyey_arguments(const HenyeyProgram& program, StepRange range) {
  std::vector<std::string> words = program.network_words;
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

}  // namespace recrank::stellar
