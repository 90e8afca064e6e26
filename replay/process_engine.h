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
#include "replay/http_transport.h"
#include "replay/sandbox.h"

namespace recrank {

// A program with all that decides what it does: the same for every process of the engine.
struct ProcessProgram {
  EngineIdentity identity;
  std::filesystem::path program;  // absolute
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // besides PATH and LANG; nothing is inherited
  std::filesystem::path directory;                 // absolute: where it works
  uint64_t open_files_max = 64;
  SandboxNetwork network = SandboxNetwork::kNone;
  std::optional<HttpTransport> http;  // with kLoopback
};

// May be used from several threads at once. Its dialect is "process" or "http".
[[nodiscard]] std::unique_ptr<Engine> make_process_engine(ProcessProgram program);

// The engine for the program's kind, which is the dialect of its identity.
[[nodiscard]] std::unique_ptr<Engine> make_program_engine(ProcessProgram program);

// True for a file that holds JSON, which no program does.
[[nodiscard]] bool is_engine_file(const std::filesystem::path& path);

// Reads an engine file (docs/systems/programs.md) and finds out the program's version. `name` is
// what the user calls it; `program`, where given, takes the place of the one that the file names. kInvalidData names a wrong member; kUsage a variable that looks like a
// secret, since the environment is part of every report; kWorker a program that cannot be run.
[[nodiscard]] ProcessProgram load_engine_file(const std::filesystem::path& file,
                                              const std::string& name,
                                              const std::optional<std::filesystem::path>& program,
                                              const Interrupt& interrupt);

// Whether a variable of that name or value must not be told: "API_KEY", "postgres://u:pw@host".
[[nodiscard]] bool looks_secret(std::string_view name, std::string_view value);

}  // namespace recrank
