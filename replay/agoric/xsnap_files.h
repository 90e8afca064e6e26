// Finds the files that make up an engine.
#pragma once

#include <filesystem>
#include <string>

namespace recrank::agoric {

struct EngineFiles {
  std::string name;                  // of the directory, or of the worker given by itself
  std::filesystem::path worker;      // absolute; an executable of this machine's kind
  std::filesystem::path lockdown;    // empty: there is none
  std::filesystem::path supervisor;  // empty: there is none
};

// `path` is a worker binary or a directory that holds one: a file named xsnap-worker or xsnap, else
// the only executable. The bundles are the files beside it whose names contain "lockdown" and
// "supervisor". kWorker or kIo, with the remedy, for anything else.
[[nodiscard]] EngineFiles find_engine_files(const std::filesystem::path& path);

// kWorker unless `worker` is an executable ELF program for this machine.
void require_native_program(const std::filesystem::path& worker);

}  // namespace recrank::agoric
