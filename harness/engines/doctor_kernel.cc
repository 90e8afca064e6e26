#include <signal.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "harness/engines/doctor.h"
#include "replay/process/containment.h"
#include "replay/process/core_file.h"
#include "replay/process/kernel_setting.h"

namespace recrank {
namespace {

constexpr rlim_t kStackBytes = 8 << 20;  // XS derives its own stack limit from this one
constexpr rlim_t kMemoryBytes = 6ULL << 30;
constexpr rlim_t kOpenFiles = 256;

struct Wanted {
  const char* name;
  int resource;
  rlim_t least;
};

// Whether a child can switch randomisation off for itself. The child only makes system calls.
bool can_switch_randomisation_off() {
  const pid_t child = ::fork();
  if (child == 0) {
    const int now = ::personality(0xffffffff);
    const bool works =
        now != -1 && ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) != -1;
    ::_exit(works ? 0 : 1);
  }
  int status = 1;
  if (child > 0) ::waitpid(child, &status, 0);
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// 0, or the errno of PTRACE_SEIZE on an own child.
int try_ptrace() {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) {
    for (;;) ::pause();
  }
  const int failed = ::ptrace(PTRACE_SEIZE, child, nullptr, PTRACE_O_EXITKILL) == 0 ? 0 : errno;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, __WALL);
  return failed;
}

}  // namespace

DoctorItem examine_sandbox(const Interrupt&) {
  const ContainmentHad had = try_containment();
  const DoctorState state = !had.no_filter.empty() ? DoctorState::kMissing
                            : missing(had).empty() ? DoctorState::kOk
                                                   : DoctorState::kLimited;
  return {state, describe(had), remedy(had)};
}

DoctorItem examine_network(const Interrupt&) {
  const ContainmentHad had = try_containment();
  if (had.no_namespaces.empty()) {
    return {DoctorState::kOk, "a program can have a loopback of its own (\"network\":\"loopback\")",
            ""};
  }
  return {DoctorState::kLimited,
          missing(had) + "; programs with \"network\":\"loopback\" cannot be replayed",
          remedy(had)};
}

DoctorItem examine_limits(const Interrupt&) {
  std::string low;
  for (const Wanted& wanted : {Wanted{"stack", RLIMIT_STACK, kStackBytes},
                               Wanted{"address space", RLIMIT_AS, kMemoryBytes},
                               Wanted{"open files", RLIMIT_NOFILE, kOpenFiles}}) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource>(wanted.resource), &limit);
    if (limit.rlim_max >= wanted.least) continue;
    low += (low.empty() ? "" : ", ") + std::string(wanted.name) + " " +
           std::to_string(limit.rlim_max) + " below " + std::to_string(wanted.least);
  }
  if (low.empty()) return {DoctorState::kOk, "stack, address space and open files suffice", ""};
  return {DoctorState::kLimited, low + ": an engine may end where the recorded one did not",
          "raise the hard limits where recrank is started (ulimit -H)"};
}

DoctorItem examine_randomisation(const Interrupt&) {
  const std::string mode = kernel_setting("randomize_va_space").value_or("?");
  if (!can_switch_randomisation_off()) {
    return {DoctorState::kLimited, "--aslr off is refused (personality)",
            "in a container: allow personality (Docker: --security-opt seccomp=unconfined)"};
  }
  if (mode == "2") return {DoctorState::kOk, "on, and --aslr off works", ""};
  return {DoctorState::kLimited,
          "kernel.randomize_va_space is " + mode + ": crashes that hang on layout may not show",
          "as root: sysctl kernel.randomize_va_space=2"};
}

DoctorItem examine_ptrace(const Interrupt&) {
  const auto scope = kernel_setting("yama/ptrace_scope");
  const std::string yama = scope ? ", yama/ptrace_scope " + *scope : "";
  const int failed = try_ptrace();
  if (failed == 0) return {DoctorState::kOk, "an own child can be traced" + yama, ""};
  return {DoctorState::kLimited,
          "tracing a child is refused: " + std::string(std::strerror(failed)) + yama +
              "; deaths have no backtrace",
          "as root: sysctl kernel.yama.ptrace_scope=1; in a container: --cap-add SYS_PTRACE; or "
          "--capture core"};
}

DoctorItem examine_core_files(const Interrupt&) {
  try {
    const CorePattern pattern = CorePattern::of_system();
    const std::string why = why_no_core(pattern);
    if (why.empty()) {
      return {DoctorState::kOk,
              "core_pattern '" + printable(pattern.text, 200) + "'" +
                  (pattern.appends_pid ? " with the pid appended" : ""),
              ""};
    }
    // The remedy stands behind the last "; ".
    const size_t cut = why.rfind("; ");
    return {DoctorState::kLimited, why.substr(0, cut),
            cut == std::string::npos ? "" : why.substr(cut + 2)};
  } catch (const Error& error) {
    return {DoctorState::kLimited, error.what(), ""};
  }
}

}  // namespace recrank
