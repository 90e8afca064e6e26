// Engine over the user's own henyey binary: its verify-execution, on a frozen cache.
// The engine file, what it prints and what is claimed: docs/systems/henyey.md
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/engine_file.h"
#include "replay/program/process_engine.h"
#include "replay/stellar/ledger_inputs.h"
#include "replay/stellar/restored_state.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {

// Where the command lies on its command line; that changed in February 2026.
enum class HenyeyShape {
  kFlat,     // henyey … verify-execution …
  kOffline,  // henyey … offline verify-execution …
};

struct HenyeyProgram : program::ProcessProgram {
  HenyeyShape shape = HenyeyShape::kFlat;
  std::filesystem::path config;  // absolute
  std::filesystem::path cache;   // absolute; never written to: a run has one of its own
  LedgerInputs inputs;           // in that cache
  RestoredState state;           // likewise, of the configuration's archive
  std::vector<std::string> cdp;  // --cdp-url, --cdp-date with their values
  uint64_t checkpoint_ledgers =
      kCheckpointLedgers;  // from one checkpoint of the archive to the next
};

// The words behind the program's name for the ledgers of `range`, with the cache of its run.
[[nodiscard]] std::vector<std::string> henyey_arguments(const HenyeyProgram& program,
                                                        StepRange range,
                                                        const std::filesystem::path& cache);

// May be used from several threads at once. Its dialect is "henyey".
[[nodiscard]] std::unique_ptr<Engine> make_henyey_engine(HenyeyProgram program);

// The program of an engine file, asked for its version and its shape. `instead`, where given, takes
// the place of the program that the file names. Throws what EngineFile throws; kWorker for a
// program that does not know the command.
[[nodiscard]] HenyeyProgram load_henyey_program(const EngineFile& file, const std::string& name,
                                                const std::optional<std::filesystem::path>& instead,
                                                const Interrupt& interrupt);

}  // namespace recrank::stellar
