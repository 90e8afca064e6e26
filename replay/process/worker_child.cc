#include "replay/process/worker_child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "replay/process/namespaces.h"
#include "replay/process/syscall_filter.h"

namespace recrank {
namespace {

using Stage = ChildFailure::Stage;

// Everything below this number is either laid out by the plan or closed.
constexpr unsigned int kFirstOther = 10;
constexpr int kExitSetUpFailed = 127;
constexpr unsigned long kCapabilitiesMost = 63;  // more than any kernel has

// The number of the new process is told by the old one, which knows it as recrank does.
void enter_namespaces(const ChildPlan& plan) {
  if (plan.namespaces < 0) return;
  const int joined = join_namespaces(plan.namespaces);
  if (joined == 0) return;
  if (joined < 0) fail_child(plan, {Stage::kNamespaces, -joined});
  fail_child(plan, {Stage::kJoined, joined});
}

// A session of its own, which has no terminal, and with it a group for the kill; the death of
// recrank is the death of the engine.
void begin_own_session(const ChildPlan& plan) {
  if (::setsid() < 0) fail_child(plan, {Stage::kGroup, errno});
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail_child(plan, {Stage::kGroup, errno});
  // The parent may have died before the prctl. From inside it is not seen, but its death is that of
  // the namespaces.
  if (plan.namespaces < 0 && ::getppid() != plan.parent) ::_exit(kExitSetUpFailed);
}

// What recrank ignores or blocks must not be inherited.
void reset_signals() {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &usual, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void lay_out_descriptors(const ChildPlan& plan) {
  for (const ChildPlan::Descriptor& descriptor : plan.descriptors) {
    // dup2 clears close-on-exec of the copy.
    if (::dup2(descriptor.from, descriptor.to) < 0) fail_child(plan, {Stage::kDescriptors, errno});
  }
  for (int fd = 0; fd < static_cast<int>(kFirstOther); ++fd) {
    bool planned = false;
    for (const ChildPlan::Descriptor& descriptor : plan.descriptors) {
      if (descriptor.to == fd) planned = true;
    }
    if (!planned) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  // Ours are close-on-exec; this is for what a library has opened carelessly.
  ::syscall(SYS_close_range, kFirstOther, ~0U, CLOSE_RANGE_CLOEXEC);
}

void set_limits(const ChildPlan& plan) {
  for (const ChildPlan::Limit& limit : plan.limits) {
    if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &limit.value) != 0) {
      fail_child(plan, {Stage::kLimits, errno});
    }
  }
  if (!plan.aslr) {
    const int now = ::personality(0xffffffff);
    if (now == -1 || ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) == -1) {
      fail_child(plan, {Stage::kLimits, errno});
    }
  }
}

// Root's rights too, and those over the namespaces. Who has none may drop none: no error counts.
// None comes back with the exec, since no_new_privs is set.
int drop_capabilities() {
  for (unsigned long each = 0; each <= kCapabilitiesMost; ++each) {
    ::prctl(PR_CAPBSET_DROP, each, 0, 0, 0);
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  return ::syscall(SYS_capset, &head, none.data()) == 0 ? 0 : errno;
}

int enter_sandbox(const ChildPlan& plan) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (const int refused = plan.landlock->enter()) return refused;
  if (const int refused = drop_capabilities()) return refused;
  return enter_syscall_filter(*plan.filter);
}

void wait_for_tracer(const ChildPlan& plan) {
  const ChildFailure ready{Stage::kReady, 0};
  char go = 0;
  if (::write(plan.report_fd, &ready, sizeof(ready)) != static_cast<ssize_t>(sizeof(ready)) ||
      ::read(plan.go_fd, &go, 1) != 1) {
    ::_exit(kExitSetUpFailed);
  }
}

}  // namespace

void set_up_child(const ChildPlan& plan) {
  enter_namespaces(plan);
  begin_own_session(plan);
  reset_signals();
  lay_out_descriptors(plan);
  ::umask(077);
  if (::chdir(plan.directory) != 0) fail_child(plan, {Stage::kDirectory, errno});
  set_limits(plan);
  if (plan.sockets != nullptr) {
    if (const int error = make_inner_sockets(*plan.sockets)) {
      fail_child(plan, {Stage::kSockets, error});
    }
  }
  // The tracer is no ancestor of the child; where Yama restricts ptrace, the child has to allow it.
  // Whoever else could use that runs as the same user outside the sandbox anyway.
  if (plan.go_fd >= 0) ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  if (const int refused = enter_sandbox(plan)) fail_child(plan, {Stage::kSandbox, refused});
  if (plan.go_fd >= 0) wait_for_tracer(plan);
}

void fail_child(const ChildPlan& plan, ChildFailure failure) {
  // A report that cannot be written is noticed by the parent as an engine that ends at once.
  [[maybe_unused]] const ssize_t put = ::write(plan.report_fd, &failure, sizeof(failure));
  ::_exit(kExitSetUpFailed);
}

}  // namespace recrank
