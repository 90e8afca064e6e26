#include "replay/shim/report.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "base/error.h"
#include "replay/crash/shim_wire.h"
#include "replay/shim/describe.h"
#include "replay/shim/unwinder.h"

namespace recrank::shim {
namespace {

constexpr size_t kAbortMessageBytesMax = 4000;
[[maybe_unused]] constexpr rlim_t kHelperMemoryBytes =
    rlim_t{8} << 30;  // debug information is mapped, not read
constexpr size_t kMapsInReport = 4000;

bool write_whole(const CrashReport& report, int file) {
  const std::string text = write_crash_report(report);
  if (::ftruncate(file, 0) != 0) return false;
  for (size_t done = 0; done < text.size();) {
    const ssize_t put =
        ::pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (put <= 0) return false;
    done += static_cast<size_t>(put);
  }
  return true;
}

// Everything that needs no symbols.
CrashReport plain_report(const Scene& scene, const std::vector<Mapping>& mappings,
                         const ProcessMemory& memory) {
  CrashReport report;
  report.occasion = scene.occasion;
  report.fault = describe_fault(scene.pid, scene.fault, mappings, memory);
  report.losses = scene.losses;
  for (const Mapping& mapping : mappings) {
    if (report.maps.size() == kMapsInReport) break;
    report.maps.push_back(mapping.line);
  }
  if (mappings.empty()) {
    report.losses.emplace_back("/proc cannot be read: no memory map, no backtrace");
  } else if (report.maps.size() < mappings.size()) {
    report.losses.push_back("of " + std::to_string(mappings.size()) +
                            " mappings the first ones are kept");
  }
  return report;
}

// What assert() and the C library leave behind before they abort.
std::string abort_message(const Unwinder& unwinder, const ProcessMemory& memory) {
  const auto variable = unwinder.find_symbol("__abort_msg");
  const auto at = variable ? memory.read_word(*variable) : std::nullopt;
  if (!at || *at == 0) return "";
  // struct abort_msg_s { unsigned int size; char msg[]; }. Source: glibc, stdlib/abort_msg.h.
  const std::vector<uint8_t> bytes =
      memory.read_bytes(*at + sizeof(unsigned int), kAbortMessageBytesMax);
  std::string text(bytes.begin(), std::find(bytes.begin(), bytes.end(), '\0'));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void note_missing_symbols(const Fault& fault, std::vector<std::string>& losses) {
  const auto in_module = [](const Frame& frame) { return !frame.module.empty(); };
  const auto first = std::find_if(fault.frames.begin(), fault.frames.end(), in_module);
  if (first == fault.frames.end() || !first->function.empty()) return;
  const std::string loss =
      first->module + " has no symbol for the innermost frame: it may be stripped";
  if (std::find(losses.begin(), losses.end(), loss) == losses.end()) losses.push_back(loss);
}

void add_backtrace(Unwinder& unwinder, const RawFault& raw, Fault& fault, CrashReport& report) {
  Backtrace trace = unwinder.unwind(raw);
  fault.frames = std::move(trace.frames);
  if (!trace.problem.empty()) {
    report.losses.push_back("the backtrace ends early: " + trace.problem);
  }
  note_missing_symbols(fault, report.losses);
}

CrashReport full_report(const Scene& scene) {
  const std::vector<Mapping> mappings = read_mappings(scene.pid);
  const ProcessMemory memory(scene.pid);
  CrashReport report = plain_report(scene, mappings, memory);
  if (mappings.empty()) return report;
  Unwinder unwinder(scene.pid, mappings, memory);
  add_backtrace(unwinder, scene.fault, report.fault, report);
  if (scene.handled && died_in_handler(*scene.handled, scene.fault, report.fault.frames)) {
    report.first = describe_fault(scene.pid, *scene.handled, mappings, memory);
    add_backtrace(unwinder, *scene.handled, *report.first, report);
  }
  if (scene.fault.signal == SIGABRT) report.abort_message = abort_message(unwinder, memory);
  return report;
}

void limit_memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
  // A sanitizer's own tables are larger than any limit.
#else
  const rlimit memory{kHelperMemoryBytes, kHelperMemoryBytes};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
}

[[noreturn]] void run_helper(const Scene& scene, int file) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  limit_memory();
  const rlimit cpu{kShimReportTimeout_s, kShimReportTimeout_s};
  ::setrlimit(RLIMIT_CPU, &cpu);
  try {
    ::_exit(write_whole(full_report(scene), file) ? 0 : 1);
  } catch (const std::exception&) {
    ::_exit(1);
  }
}

// Why the helper brought nothing; empty: it did.
std::string wait_for_helper(pid_t helper) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, helper, 0)));
  pollfd ended{pidfd.get(), POLLIN, 0};
  const bool in_time = !pidfd.valid() || ::poll(&ended, 1, kShimReportTimeout_s * 1000) > 0;
  if (!in_time) ::kill(helper, SIGKILL);
  int status = 0;
  if (::waitpid(helper, &status, 0) != helper) return "its child was lost";
  if (!in_time) return "it took more than " + std::to_string(kShimReportTimeout_s) + " s";
  if (WIFSIGNALED(status)) return "it died by signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "it failed";
}

size_t size_of(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  return size > 0 ? static_cast<size_t>(size) : 0;
}

}  // namespace

size_t write_report(const Scene& scene, int file) {
  const pid_t helper = ::fork();
  if (helper == 0) run_helper(scene, file);
  const std::string lost = helper > 0 ? wait_for_helper(helper) : std::strerror(errno);
  if (lost.empty()) return size_of(file);
  CrashReport report = plain_report(scene, read_mappings(scene.pid), ProcessMemory(scene.pid));
  report.losses.push_back("no backtrace: the part of recrank-shim that makes it gave up: " + lost);
  return write_whole(report, file) ? size_of(file) : 0;
}

}  // namespace recrank::shim
