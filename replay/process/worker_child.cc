#include "replay/process/worker_child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace recrank {
namespace {

using Stage = ChildFailure::Stage;

// Everything below this number is either laid out by the plan or closed.
constexpr unsigned int kFirstOther = 10;
constexpr int kExitSetUpFailed = 127;

// An own process group for the kill; the death of recrank is the death of the engine.
void join_own_group(const ChildPlan& plan) {
  if (::setpgid(0, 0) != 0) fail_child(plan, {Stage::kGroup, errno, {}});
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    fail_child(plan, {Stage::kGroup, errno, {}});
  // The parent may have died before the prctl.
  if (::getppid() != plan.parent) ::_exit(kExitSetUpFailed);
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
    if (::dup2(descriptor.from, descriptor.to) < 0)
      fail_child(plan, {Stage::kDescriptors, errno, {}});
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
      fail_child(plan, {Stage::kLimits, errno, {}});
    }
  }
  if (!plan.aslr) {
    const int now = ::personality(0xffffffff);
    if (now == -1 || ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) == -1) {
      fail_child(plan, {Stage::kLimits, errno, {}});
    }
  }
}

// The tracer is no ancestor of the child; where Yama restricts ptrace, the child has to allow it.
// Whoever else could use that runs as the same user outside the sandbox anyway.
void wait_for_tracer(const ChildPlan& plan) {
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  const ChildFailure ready{Stage::kReady, 0, {}};
  char go = 0;
  if (::write(plan.report_fd, &ready, sizeof(ready)) != static_cast<ssize_t>(sizeof(ready)) ||
      ::read(plan.go_fd, &go, 1) != 1) {
    ::_exit(kExitSetUpFailed);
  }
}

}  // namespace

void set_up_child(const ChildPlan& plan) {
  join_own_group(plan);
  reset_signals();
  lay_out_descriptors(plan);
  ::umask(077);
  if (::chdir(plan.directory) != 0) fail_child(plan, {Stage::kDirectory, errno, {}});
  set_limits(plan);
  if (plan.network != nullptr) {
    const NetworkRefusal refusal = plan.network->enter();
    if (refusal) fail_child(plan, {Stage::kNetwork, refusal.error, refusal});
  }
  if (plan.sockets != nullptr) {
    if (const int error = make_inner_sockets(*plan.sockets)) {
      fail_child(plan, {Stage::kSockets, error, {}});
    }
  }
  const int refused = plan.sandbox->enter();
  if (refused != 0) fail_child(plan, {Stage::kSandbox, refused, {}});
  if (plan.go_fd >= 0) wait_for_tracer(plan);
}

void fail_child(const ChildPlan& plan, ChildFailure failure) {
  // A report that cannot be written is noticed by the parent as an engine that ends at once.
  [[maybe_unused]] const ssize_t put = ::write(plan.report_fd, &failure, sizeof(failure));
  ::_exit(kExitSetUpFailed);
}

}  // namespace recrank
