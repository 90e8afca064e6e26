// recrank-shim: the tracer that engines run under. docs/capture.md says what it sees.
//
//   recrank-shim --attach PID --parent PPID         by recrank, see replay/crash/shim_wire.h
//   recrank-shim [--report FILE] -- PROGRAM [ARG…]   starts the program and ends as it does
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "replay/shim/launch.h"
#include "replay/shim/tracer.h"

namespace recrank::shim {
namespace {

constexpr int kExitUsage = 129;

void block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigaddset(&set, SIGUSR1);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
}

int attach(pid_t pid, pid_t parent) {
  // The death of recrank is ours, and ours is the engine's.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) return 1;
  block_signals();
  Tracer tracer(pid, {kShimMessageFd, kShimReportFd});
  if (const int refused = tracer.attach(); refused != 0) {
    tracer.tell(ShimNews::kRefused, refused);
    return 1;
  }
  tracer.tell(ShimNews::kAttached, 0);
  static_cast<void>(tracer.run());
  return 0;
}

int usage() {
  std::fputs(
      "usage: recrank-shim [--report FILE] -- PROGRAM [ARGUMENT...]\n"
      "Runs the program under a tracer, ends as it ends, and writes how it died into FILE "
      "(JSON).\n",
      stderr);
  return kExitUsage;
}

int main_of(int argc, char** argv) {
  // A look-up in the network may take for ever, and tells others what was run.
  ::unsetenv("DEBUGINFOD_URLS");
  const auto word = [&](int at) { return std::string_view(at < argc ? argv[at] : ""); };
  if (argc == 5 && word(1) == "--attach" && word(3) == "--parent") {
    return attach(std::atoi(argv[2]), std::atoi(argv[4]));
  }
  int at = 1;
  const char* report = nullptr;
  if (word(at) == "--report" && at + 1 < argc) {
    report = argv[at + 1];
    at += 2;
  }
  if (word(at) != "--" || at + 1 >= argc) return usage();
  block_signals();
  return launch(argv + at + 1, report);
}

}  // namespace
}  // namespace recrank::shim

int main(int argc, char** argv) { return recrank::shim::main_of(argc, argv); }
