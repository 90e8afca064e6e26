// Engine over the user's own henyey binary: its verify-execution, on a frozen cache.
// The engine file, what it prints and what is claimed: docs/systems/henyey.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"

namespace recrank {

// Where the command lies on its command line; that changed in February 2026.
enum class HenyeyShape {
  kFlat,     // henyey … verify-execution …
  kOffline,  // henyey … offline verify-execution …
};

struct HenyeyProgram {
  EngineIdentity identity;
  std::filesystem::path program;  // absolute
  HenyeyShape shape = HenyeyShape::kFlat;
  std::vector<std::string> network;  // {"--testnet"}, or {"--conf", FILE}
  std::filesystem::path cache;       // absolute; never written to: the sandbox forbids it
  std::vector<std::string> cdp;      // --cdp-url, --cdp-date with their values
  std::map<std::string, std::string> environment;
};

// The words behind the program's name for the ledgers of `range`.
[[nodiscard]] std::vector<std::string> henyey_arguments(const HenyeyProgram& program,
                                                        StepRange range);

// May be used from several threads at once. Its dialect is "henyey".
[[nodiscard]] std::unique_ptr<Engine> make_henyey_engine(HenyeyProgram program);

// Whether `path` is an engine file of this kind.
[[nodiscard]] bool is_henyey_file(const std::filesystem::path& path);

// Reads the engine file and asks the program for its version and its shape. `instead`, where given,
// takes the place of the program that the file names. kInvalidData names a wrong member; kUsage a
// variable that looks like a secret; kWorker a program that cannot be run or does not know the command.
[[nodiscard]] HenyeyProgram load_henyey_file(const std::filesystem::path& file,
                                             const std::string& name,
                                             const std::optional<std::filesystem::path>& instead,
                                             const Interrupt& interrupt);

}  // namespace recrank
