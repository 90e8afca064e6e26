#include "replay/shim/proc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>

namespace recrank::shim {
namespace {

constexpr size_t kMappingsMax = 65'536;  // the kernel's own default for a process
constexpr size_t kThreadsMax = 1024;     // looked at for one that runs
constexpr size_t kPage = 4096;

std::string proc_path(pid_t pid, const std::string& rest) {
  return "/proc/" + std::to_string(pid) + "/" + rest;
}

std::optional<Mapping> parse_mapping(std::string line) {
  Mapping mapping;
  unsigned long begin = 0;
  unsigned long end = 0;
  char rights[5] = "";
  int name_at = 0;
  // The inode is followed by blanks and the name, if there is one.
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %*x %*x:%*x %*u %n", &begin, &end, rights, &name_at) <
      3) {
    return std::nullopt;
  }
  mapping.begin = begin;
  mapping.end = end;
  mapping.readable = rights[0] == 'r';
  mapping.writable = rights[1] == 'w';
  mapping.executable = rights[2] == 'x';
  if (name_at > 0) mapping.name = line.substr(static_cast<size_t>(name_at));
  mapping.line = std::move(line);
  return mapping;
}

// 'R', 'S', …; the name of the program before it may hold blanks and brackets.
char thread_state(pid_t pid, const std::string& tid) {
  std::ifstream file(proc_path(pid, "task/" + tid + "/stat"));
  std::string line;
  std::getline(file, line);
  const size_t at = line.rfind(')');
  return at != std::string::npos && at + 2 < line.size() ? line[at + 2] : '?';
}

}  // namespace

std::vector<Mapping> read_mappings(pid_t pid) {
  std::vector<Mapping> mappings;
  std::ifstream file(proc_path(pid, "maps"));
  std::string line;
  while (mappings.size() < kMappingsMax && std::getline(file, line)) {
    if (auto mapping = parse_mapping(std::move(line))) mappings.push_back(*std::move(mapping));
    line.clear();
  }
  return mappings;
}

const Mapping* find_mapping(const std::vector<Mapping>& mappings, uint64_t address) {
  const auto found = std::find_if(mappings.begin(), mappings.end(),
                                  [&](const Mapping& each) { return each.contains(address); });
  return found == mappings.end() ? nullptr : &*found;
}

std::optional<SignalMasks> read_signal_masks(pid_t pid, pid_t tid) {
  std::ifstream file(proc_path(pid, "task/" + std::to_string(tid) + "/status"));
  SignalMasks masks;
  int found = 0;
  std::string line;
  while (found < 3 && std::getline(file, line)) {
    const std::string_view text = line;
    const auto take = [&](std::string_view field, uint64_t& mask) {
      if (!text.starts_with(field)) return;
      mask = std::strtoull(line.c_str() + field.size(), nullptr, 16);
      ++found;
    };
    take("SigBlk:", masks.blocked);
    take("SigIgn:", masks.ignored);
    take("SigCgt:", masks.caught);
  }
  return found == 3 ? std::optional(masks) : std::nullopt;
}

std::string read_thread_name(pid_t pid, pid_t tid) {
  std::ifstream file(proc_path(pid, "task/" + std::to_string(tid) + "/comm"));
  std::string name;
  std::getline(file, name);
  return name;
}

pid_t read_inner_pid(pid_t pid) {
  std::ifstream file(proc_path(pid, "status"));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("NSpid:")) return std::atoi(line.c_str() + line.find_last_of(" \t"));
  }
  return pid;
}

pid_t choose_thread(pid_t pid) {
  if (thread_state(pid, std::to_string(pid)) == 'R') return pid;
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(proc_path(pid, "task").c_str()),
                                                  &::closedir);
  if (tasks == nullptr) return pid;
  size_t looked_at = 0;
  while (const dirent* const entry = ::readdir(tasks.get())) {
    if (entry->d_name[0] == '.' || ++looked_at > kThreadsMax) continue;
    if (thread_state(pid, entry->d_name) == 'R') return std::atoi(entry->d_name);
  }
  return pid;
}

ProcessMemory::ProcessMemory(pid_t pid)
    : pid_(pid), file_(::open(proc_path(pid, "mem").c_str(), O_RDONLY | O_CLOEXEC)) {}

size_t ProcessMemory::read(uint64_t address, void* to, size_t size) const {
  size_t done = 0;
  // Page by page where the whole cannot be read: the readable part counts.
  while (done < size) {
    const uint64_t from = address + done;
    char* const target = static_cast<char*>(to) + done;
    const auto once = [&](size_t bytes) -> ssize_t {
      if (file_.valid()) return ::pread(file_.get(), target, bytes, static_cast<off_t>(from));
      iovec local{target, bytes};
      iovec remote{reinterpret_cast<void*>(from), bytes};
      return ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
    };
    ssize_t got = once(size - done);
    if (got <= 0) got = once(std::min<size_t>(size - done, kPage - from % kPage));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

std::vector<uint8_t> ProcessMemory::read_bytes(uint64_t address, size_t size) const {
  std::vector<uint8_t> bytes(size);
  bytes.resize(read(address, bytes.data(), size));
  return bytes;
}

std::optional<uint64_t> ProcessMemory::read_word(uint64_t address) const {
  uint64_t word = 0;
  return read(address, &word, sizeof(word)) == sizeof(word) ? std::optional(word) : std::nullopt;
}

}  // namespace recrank::shim
