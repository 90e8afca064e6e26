// Engine over any program that is given events one by one and answers each: lines on its stdin and
// stdout, or over HTTP (http_run.h).
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
#include "replay/engine_file.h"
#include "replay/process/containment.h"
#include "replay/program/http_transport.h"
#include "replay/system.h"

namespace recrank::program {

// A program with all that decides what it does: the same for every process of the engine.
struct ProcessProgram {
  EngineIdentity identity;
  std::filesystem::path program;  // absolute
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // besides PATH and LANG; nothing is inherited
  std::filesystem::path directory;  // absolute: where it works; empty: an empty one of its own
  std::vector<std::filesystem::path> readable;  // beside what its words name
  uint64_t open_files_max = 1024;  // as a login session has; runtimes open dozens by themselves
  SandboxNetwork network = SandboxNetwork::kNone;
  std::optional<HttpTransport> http;  // with kLoopback
};

// May be used from several threads at once. Its dialect is "process" or "http".
[[nodiscard]] std::unique_ptr<Engine> make_process_engine(ProcessProgram program);

// The program of an engine file (docs/systems/programs.md), asked for its version. `name` is what
// the user calls it; `instead`, where given, takes the place of the program that the file names.
// Throws what EngineFile throws.
[[nodiscard]] ProcessProgram load_program(const EngineFile& file, const std::string& name,
                                          const std::optional<std::filesystem::path>& instead,
                                          const Interrupt& interrupt);

// How an engine file of such a program is opened (EngineKind), by what makes the engine of it.
template <auto make_engine>
[[nodiscard]] std::unique_ptr<Engine> open_program(const EngineFile& file,
                                                   const EngineSource& source,
                                                   const Interrupt& interrupt) {
  return make_engine(load_program(file, source.name, source.program, interrupt));
}

}  // namespace recrank::program
