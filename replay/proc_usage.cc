#include "replay/proc_usage.h"

#include <time.h>

#include <fstream>
#include <string>
#include <string_view>

namespace recrank {
namespace {

// The value of a line such as "VmHWM:	   81264 kB" of /proc/PID/status, in bytes.
uint64_t status_bytes(pid_t pid, std::string_view field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  uint64_t kilobytes = 0;
  while (status >> word) {
    if (word == field && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

uint64_t resident_bytes(pid_t pid) { return status_bytes(pid, "VmRSS:"); }

uint64_t peak_resident_bytes(pid_t pid) { return status_bytes(pid, "VmHWM:"); }

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace recrank
