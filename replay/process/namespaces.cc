#include "replay/process/namespaces.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "replay/process/helper_process.h"
#include "replay/process/rr_program.h"
#include "replay/process/watchdog.h"

namespace recrank {
namespace {

constexpr int kAllNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET |
                               CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
constexpr int kToldFd = 3;
constexpr int kStartPatienceMs = 20'000;  // a busy machine
constexpr int kEndPatienceMs = 2000;
constexpr size_t kBwrapWordsBytes = 300;
constexpr const char* kHolder = "/usr/bin/cat";

std::vector<std::string> words_for(const View& view) {
  std::vector<std::string> words{"--unshare-user",       "--unshare-pid", "--unshare-net",
                                 "--unshare-ipc",        "--unshare-uts", "--unshare-cgroup",
                                 "--die-with-parent",    "--new-session", "--as-pid-1",
                                 "--cap-drop",           "ALL",           "--clearenv",
                                 "--hostname",           "recrank",       "--info-fd",
                                 std::to_string(kToldFd)};
  const auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
  };
  for (const auto& [link, target] : view.links) add({"--symlink", target, link});
  for (const Seen& seen : view.seen) {
    const char* const how = seen.use == SeenFor::kReading   ? "--ro-bind"
                            : seen.use == SeenFor::kWriting ? "--bind"
                                                            : "--dev-bind";
    add({how, seen.path, seen.path});
  }
  // After the rest, so that nothing of the user's is laid over it.
  add({"--proc", "/proc"});
  add({"--symlink", "/proc/self/fd", "/dev/fd"});
  for (const auto& [name, fd] :
       {std::pair{"/dev/stdin", "0"}, {"/dev/stdout", "1"}, {"/dev/stderr", "2"}}) {
    add({"--symlink", std::string("/proc/self/fd/") + fd, name});
  }
  if (!view.directory.empty()) add({"--dir", view.directory});
  add({"--remount-ro", "/", "--chdir", "/", "--", kHolder});
  return words;
}

// Enough for `cat`.
View least_view() {
  View view;
  for (const char* const path : {"/lib", "/lib64", "/usr"}) {
    std::error_code error;
    if (std::filesystem::is_symlink(path, error)) {
      view.links[path] = std::filesystem::read_symlink(path);
    } else if (std::filesystem::exists(path, error)) {
      view.seen.push_back({path, SeenFor::kReading});
    }
  }
  return view;
}

// What is said of it by the time: to the end of the file, or as much as there is.
std::string said(int fd) {
  std::string text(4096, '\0');
  pollfd readable{fd, POLLIN, 0};
  const bool any = ::poll(&readable, 1, kStartPatienceMs) > 0;
  const ssize_t got = any ? ::read(fd, text.data(), text.size()) : 0;
  text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

}  // namespace

Namespaces::Namespaces(const View& view) {
  const std::filesystem::path program = program_on_path("bwrap");
  if (program.empty()) throw Error(ErrorCode::kUnsupported, "bubblewrap (bwrap) is not installed");
  Pipe input = make_pipe();
  Pipe echo = make_pipe();
  Pipe words = make_pipe();
  Pipe told = make_pipe();
  bubblewrap_ = start_helper(
      program, words_for(view),
      {input.read_end.get(), echo.write_end.get(), words.write_end.get(), told.write_end.get()});
  input_ = std::move(input.write_end);
  echo_ = std::move(echo.read_end);
  words_ = std::move(words.read_end);
  told_ = std::move(told.read_end);
  // `cat` gives it back as soon as there is one.
  write_all(input_.get(), "c", "the pipe to bubblewrap");
}

void Namespaces::await() {
  // {"child-pid": 4711}
  const std::string told = said(told_.get());
  const size_t at = told.find_first_of("0123456789");
  if (at == told.npos) fail();
  const pid_t first = std::atoi(told.c_str() + at);
  first_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, first, 0)));
  if (said(echo_.get()) != "c" || !first_.valid()) fail();
}

void Namespaces::fail() const {
  std::string why = said(words_.get());
  why = printable(why.substr(0, why.find('\n')), kBwrapWordsBytes);
  throw Error(ErrorCode::kUnsupported, why.empty() ? "bwrap ended without a word" : why);
}

void Namespaces::kill() {
  if (killed_) return;
  killed_ = true;
  pollfd ended{first_.get(), POLLIN, 0};
  died_ = first_.valid() && ::poll(&ended, 1, 0) != 0;
  if (first_.valid()) {
    ::syscall(SYS_pidfd_send_signal, first_.get(), SIGKILL, nullptr, 0);
  } else if (bubblewrap_ > 0) {
    ::kill(bubblewrap_, SIGKILL);
  }
}

void Namespaces::end() {
  kill();
  if (bubblewrap_ <= 0) return;
  // It reaps the first process and ends; killed, it would leave that to whoever takes orphans.
  const UniqueFd own(static_cast<int>(::syscall(SYS_pidfd_open, bubblewrap_, 0)));
  pollfd ended{own.get(), POLLIN, 0};
  if (!own.valid() || ::poll(&ended, 1, kEndPatienceMs) <= 0) ::kill(bubblewrap_, SIGKILL);
  while (::waitpid(bubblewrap_, nullptr, 0) < 0 && errno == EINTR) {
  }
  bubblewrap_ = 0;
}

int join_namespaces(int pidfd) {
  if (::setns(pidfd, kAllNamespaces) != 0) return -errno;
  // Only a child is in the new namespace of processes. With this flag it has our parent, as a
  // parent that waits for it and as one whose death it is told of.
  const long child = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (child != 0) return child > 0 ? static_cast<int>(child) : -errno;
  // The change of user took it away; without it an ordinary user's tracer is refused.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return 0;
}

std::string try_namespaces() {
  try {
    std::unique_ptr<Namespaces> made;
    Watchdog::instance().run([&] { made = std::make_unique<Namespaces>(least_view()); });
    made->await();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace recrank
