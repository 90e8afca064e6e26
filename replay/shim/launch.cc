#include "replay/shim/launch.h"

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
#include <cstring>

#include "base/fd.h"
#include "replay/shim/tracer.h"

namespace recrank::shim {
namespace {

constexpr int kExitCannotRun = 127;
constexpr unsigned int kFirstOwnFd = 10;  // make_pipe's

[[noreturn]] void run_program(char** words, pid_t parent, int go, int failure) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(kExitCannotRun);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char word = 0;
  if (::read(go, &word, 1) == 1) ::execvp(words[0], words);
  const int error = errno;
  [[maybe_unused]] const ssize_t put = ::write(failure, &error, sizeof(error));
  ::_exit(kExitCannotRun);
}

// What the program has must be its alone, or whoever waits for an end of file waits for us too.
void close_others(int kept) {
  for (int fd = 0; fd < static_cast<int>(kFirstOwnFd); ++fd) {
    if (fd != 2 && fd != kept) ::close(fd);
  }
}

[[nodiscard]] int end_like(int status) {
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int number = WTERMSIG(status);
  ::signal(number, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
  ::raise(number);
  return 128 + number;
}

}  // namespace

int launch(char** words, const char* report) {
  UniqueFd file(report != nullptr
                    ? ::open(report, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                    : static_cast<int>(::syscall(SYS_memfd_create, "recrank-shim", 1U)));
  if (file.valid()) file = UniqueFd(::fcntl(file.get(), F_DUPFD_CLOEXEC, kFirstOwnFd));
  if (!file.valid()) {
    std::fprintf(stderr, "recrank-shim: cannot open %s: %s\n", report, std::strerror(errno));
    return kExitCannotRun;
  }
  Pipe go = make_pipe();
  Pipe failure = make_pipe();
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) run_program(words, self, go.read_end.get(), failure.write_end.get());
  if (child < 0) {
    std::fprintf(stderr, "recrank-shim: fork: %s\n", std::strerror(errno));
    return kExitCannotRun;
  }
  go.read_end.reset();
  failure.write_end.reset();
  Tracer tracer(child, {-1, file.get()});
  if (const int refused = tracer.attach(); refused != 0) {
    std::fprintf(stderr, "recrank-shim: not traced, a crash will not be reported: %s\n",
                 std::strerror(refused));
  }
  write_all(go.write_end.get(), "g", "the pipe to the program");
  go.write_end.reset();
  int error = 0;
  if (::read(failure.read_end.get(), &error, sizeof(error)) == sizeof(error)) {
    std::fprintf(stderr, "recrank-shim: cannot execute %s: %s\n", words[0], std::strerror(error));
  }
  close_others(file.get());
  return end_like(tracer.run());
}

}  // namespace recrank::shim
