#include "replay/process/proc_usage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/fd.h"

namespace recrank {
namespace {

// /proc/PID/status; empty when the process is gone.
std::string_view read_status(pid_t pid, std::array<char, 8192>& buffer) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
  return got > 0 ? std::string_view(buffer.data(), static_cast<size_t>(got)) : std::string_view();
}

// The value of a line such as "VmHWM:\t   81264 kB", in bytes; 0: no such line.
uint64_t status_bytes(std::string_view status, std::string_view field) {
  size_t at = status.find(field);
  if (at == std::string_view::npos) return 0;
  at = status.find_first_not_of(" \t", at + field.size());
  if (at == std::string_view::npos) return 0;
  uint64_t kilobytes = 0;
  std::from_chars(status.data() + at, status.data() + status.size(), kilobytes);
  return kilobytes * 1024;
}

}  // namespace

double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

MemoryUse memory_use(pid_t pid) {
  std::array<char, 8192> buffer;
  const std::string_view status = read_status(pid, buffer);
  return {status_bytes(status, "\nVmRSS:"), status_bytes(status, "\nVmHWM:"),
          status_bytes(status, "\nVmSize:"), status_bytes(status, "\nVmData:")};
}

uint64_t resident_bytes(pid_t pid) { return memory_use(pid).resident_bytes; }

uint64_t peak_resident_bytes(pid_t pid) { return memory_use(pid).peak_resident_bytes; }

uint64_t open_descriptors(pid_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator at("/proc/" + std::to_string(pid) + "/fd", error);
  uint64_t count = 0;
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++count;
  return count;
}

pid_t inner_pid(pid_t pid) {
  std::array<char, 8192> buffer;
  std::string_view status = read_status(pid, buffer);
  const size_t at = status.find("\nNSpid:");
  if (at == std::string_view::npos) return pid;
  status = status.substr(at + 1);
  status = status.substr(0, status.find('\n'));
  pid_t inner = pid;
  const char* const last = status.data() + status.find_last_of(" \t") + 1;
  std::from_chars(last, status.data() + status.size(), inner);
  return inner;
}

// A directory has a link from itself, one from above, and one from each directory in it.
uint64_t thread_count(pid_t pid) {
  struct stat tasks {};
  const std::string path = "/proc/" + std::to_string(pid) + "/task";
  return ::stat(path.c_str(), &tasks) == 0 && tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 0;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double thread_cpu_s() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace recrank
