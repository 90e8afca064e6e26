#include "tests/support/snapshot/evidence_state.h"

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "base/hash.h"

extern char** environ;

namespace recrank {

namespace fs = std::filesystem;

std::vector<std::string> evidence_state(const fs::path& path) {
  std::vector<fs::path> files{path};
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) files.push_back(entry.path());
  }
  std::vector<std::string> state;
  for (const fs::path& file : files) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0) continue;
    std::string line = file.string() + " " + std::to_string(status.st_size) + " " +
                       std::to_string(status.st_mtim.tv_sec) + "." +
                       std::to_string(status.st_mtim.tv_nsec) + " " +
                       std::to_string(status.st_nlink);
    if (S_ISREG(status.st_mode)) line += " " + sha256_hex_of_file(file);
    state.push_back(line);
  }
  std::sort(state.begin(), state.end());
  return state;
}

std::string read_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + file.string());
  std::string bytes(fs::file_size(file), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

uint64_t disk_bytes(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) throw std::runtime_error("stat " + file.string());
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

int run_program(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return -1;
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace recrank
