// Format: docs/formats/xsnap-wire.md, "Files of an engine"
#include "replay/agoric/xsnap_files.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace recrank::agoric {
namespace {

namespace fs = std::filesystem;

// What an ELF header says about the machine, in the same place for 32 and 64 bits.
struct ElfKind {
  bool is_elf = false;
  unsigned char bits = ELFCLASSNONE;
  unsigned char order = ELFDATANONE;
  uint16_t machine = EM_NONE;
  friend bool operator==(const ElfKind&, const ElfKind&) = default;
};

ElfKind elf_kind(const fs::path& path) {
  std::array<char, offsetof(Elf64_Ehdr, e_version)> head{};
  const UniqueFd fd = open_for_read(path);
  if (read_some_at(fd.get(), head.data(), head.size(), 0, path.string()) < head.size()) return {};
  if (std::memcmp(head.data(), ELFMAG, SELFMAG) != 0) return {};
  ElfKind kind{true, static_cast<unsigned char>(head[EI_CLASS]),
               static_cast<unsigned char>(head[EI_DATA]), EM_NONE};
  std::memcpy(&kind.machine, head.data() + offsetof(Elf64_Ehdr, e_machine), sizeof(kind.machine));
  return kind;
}

bool is_executable(const fs::path& path) { return ::access(path.c_str(), X_OK) == 0; }

std::vector<fs::path> regular_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path());
  }
  if (error) throw_errno("cannot list " + directory.string(), error.value());
  std::sort(files.begin(), files.end());
  return files;
}

fs::path worker_among(const std::vector<fs::path>& files, const fs::path& directory) {
  for (const std::string_view name : {"xsnap-worker", "xsnap"}) {
    for (const fs::path& file : files) {
      if (file.filename() == name) return file;
    }
  }
  std::vector<fs::path> executable;
  std::copy_if(files.begin(), files.end(), std::back_inserter(executable), is_executable);
  if (executable.size() == 1) return executable.front();
  throw Error(ErrorCode::kWorker,
              directory.string() + ": holds " + std::to_string(executable.size()) +
                  " executables, none of them named xsnap-worker or xsnap; give the path of the "
                  "worker itself");
}

// The bundle of that kind; empty when there is none.
fs::path bundle_among(const std::vector<fs::path>& files, std::string_view kind) {
  fs::path found;
  for (const fs::path& file : files) {
    if (file.filename().string().find(kind) == std::string::npos || is_executable(file)) continue;
    if (!found.empty()) {
      throw Error(ErrorCode::kWorker, "two " + std::string(kind) + " bundles: " + found.string() +
                                          " and " + file.filename().string() +
                                          "; leave one beside the worker");
    }
    found = file;
  }
  return found;
}

}  // namespace

void require_native_program(const fs::path& worker) {
  if (!is_executable(worker)) {
    throw Error(ErrorCode::kWorker, worker.string() + ": cannot be executed (" +
                                        std::strerror(errno) + "); try chmod +x");
  }
  const ElfKind kind = elf_kind(worker);
  if (!kind.is_elf) {
    throw Error(ErrorCode::kWorker,
                worker.string() +
                    ": not an ELF program; an engine is the worker binary itself, "
                    "not a script that starts it");
  }
  if (kind != elf_kind("/proc/self/exe")) {
    throw Error(ErrorCode::kWorker, worker.string() + ": built for another kind of machine (ELF " +
                                        "machine " + std::to_string(kind.machine) + ")");
  }
}

EngineFiles find_engine_files(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  const fs::file_status status = fs::status(absolute, error);
  if (!fs::exists(status)) throw_errno("no engine at " + path.string(), ENOENT);
  EngineFiles found;
  std::vector<fs::path> files;
  if (fs::is_directory(status)) {
    files = regular_files(absolute);
    found.worker = worker_among(files, absolute);
    found.name = (absolute / "").parent_path().filename().string();
  } else {
    found.worker = absolute;
    found.name = absolute.filename().string();
    files = regular_files(absolute.parent_path());
  }
  require_native_program(found.worker);
  found.lockdown = bundle_among(files, "lockdown");
  found.supervisor = bundle_among(files, "supervisor");
  return found;
}

}  // namespace recrank::agoric
