#include "harness/predicate_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(10);

pid_t spawn(const std::string& command, const std::string& file) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  // "$@" puts the file behind whatever words the command has, without quoting it anew.
  std::string script = command + " \"$@\"";
  std::string name = "recrank-predicate";
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string argument = file;
  const std::array<char*, 6> words{shell.data(), flag.data(), script.data(), name.data(), argument.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw_errno("/bin/sh", failed);
  return pid;
}

}  // namespace

std::optional<bool> run_predicate(const std::string& command, const std::filesystem::path& file,
                                  const Interrupt& interrupt) {
  const pid_t pid = spawn(command, file.string());
  int status = 0;
  bool interrupted = false;
  for (;;) {
    const pid_t ended = ::waitpid(pid, &status, interrupted ? 0 : WNOHANG);
    if (ended == pid) break;
    if (ended < 0 && errno != EINTR) throw_errno("waiting for --predicate", errno);
    if (interrupt.requested() && !interrupted) {
      interrupted = true;
      ::kill(-pid, SIGKILL);
    } else {
      std::this_thread::sleep_for(kPoll);
    }
  }
  ::kill(-pid, SIGKILL);  // what it has left behind
  if (interrupted) return std::nullopt;
  const int exited = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (exited == 126 || exited == 127) {
    throw Error(ErrorCode::kUsage, "--predicate " + printable(command, 200) + ": it cannot be run (status " +
                                       std::to_string(exited) + ")");
  }
  return exited == 0;
}

}  // namespace recrank
