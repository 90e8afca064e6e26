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
// The largest bucket of the main network has some 10 GB, and a merge writes one as large.
constexpr uint64_t kFileBytesMax = uint64_t{1} << 40;

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
    const uint64_t every = program_.checkpoint_ledgers;
    if (request.range.begin < every) {
      throw Error(ErrorCode::kUnsupported,
                  "before ledger " + std::to_string(every) +
                      " its archive holds no state to begin from, by the configuration: --from " +
                      std::to_string(every));
    }
    const std::optional<uint64_t> last = program_.state.last_ledger();
    if (last && request.range.end - 1 > *last) {
      throw Error(ErrorCode::kUnsupported, "its archive holds the ledgers up to " +
                                               std::to_string(*last) + ": --to " +
                                               std::to_string(*last));
    }
    PrivateCache cache(program_.cache);
    command.arguments = henyey_arguments(program_, request.range, cache.path());
    command.wire = kWire;
    command.sandbox.writable.push_back(cache.path());
    command.file_bytes_max = kFileBytesMax;
    command.maps_files = true;  // buckets
    return {std::make_unique<HenyeyRun>(
        std::move(command), request.limits, request.range, std::move(cache),
        EngineGround{program_.inputs, program_.state, request.range.begin / every * every - 1},
        interrupt)};
  }

  HenyeyProgram program_;
};

}  // namespace

std::vector<std::string> henyey_arguments(const HenyeyProgram& program, StepRange range,
                                          const std::filesystem::path& cache) {
  std::vector<std::string> words{"--conf", program.config.string(), "--log-format", "json"};
  if (program.shape == HenyeyShape::kOffline) words.emplace_back("offline");
  words.insert(words.end(),
               {"verify-execution", "--from", std::to_string(range.begin), "--to",
                std::to_string(range.end - 1), "--stop-on-error", "--cache-dir", cache.string()});
  words.insert(words.end(), program.cdp.begin(), program.cdp.end());
  words.emplace_back("-q");
  return words;
}

std::unique_ptr<Engine> make_henyey_engine(HenyeyProgram program) {
  return std::make_unique<HenyeyEngine>(std::move(program));
}

}  // namespace recrank::stellar
