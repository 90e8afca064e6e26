#include "harness/shell_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(10);
constexpr uint64_t kOutBytes = 64 << 10;
constexpr uint64_t kLastWordsBytes = 2000;
constexpr int kSignalled = 128;

// A file without a name, so that a command that writes much fills no memory and blocks on no pipe.
UniqueFd nameless_file(const ScratchDir& scratch) {
  UniqueFd file(::open(scratch.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.valid()) file = UniqueFd(::memfd_create("recrank-output", MFD_CLOEXEC));
  if (!file.valid()) throw_errno("no place for the output of a command", errno);
  return file;
}

std::string tail_of(const UniqueFd& file, uint64_t bytes_max) {
  const uint64_t size = file_size(file.get(), "the output of a command");
  std::string tail(std::min(size, bytes_max), '\0');
  read_exactly_at(file.get(), tail.data(), tail.size(), size - tail.size(), "the output of a command");
  return tail;
}

std::vector<std::string> environment_of(const ShellCommand& command) {
  std::vector<std::string> all;
  for (const auto& [name, value] : command.environment) all.push_back(name + "=" + value);
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view line = *each;
    const bool replaced = std::any_of(command.environment.begin(), command.environment.end(),
                                      [&](const auto& own) { return line.starts_with(own.first + "="); });
    if (!replaced) all.emplace_back(line);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

pid_t spawn(const ShellCommand& command, const UniqueFd& out, const UniqueFd& err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
  if (!command.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, command.directory.c_str());
  }
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  // "$@" puts the arguments behind whatever words the command has, without quoting them anew.
  const std::string script = command.command + (command.arguments.empty() ? "" : " \"$@\"");
  std::vector<std::string> words{"/bin/sh", "-c", script, "recrank-command"};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_of(command);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, pointers(words).data(),
                                   pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw_errno("/bin/sh in " + command.directory.string(), failed);
  return pid;
}

// nullopt: interrupted.
std::optional<int> wait_for(pid_t pid, const Interrupt& interrupt) {
  int status = 0;
  bool interrupted = false;
  for (;;) {
    const pid_t ended = ::waitpid(pid, &status, interrupted ? 0 : WNOHANG);
    if (ended == pid) break;
    if (ended < 0 && errno != EINTR) throw_errno("waiting for a command", errno);
    if (interrupt.requested() && !interrupted) {
      interrupted = true;
      ::kill(-pid, SIGKILL);
    } else {
      std::this_thread::sleep_for(kPoll);
    }
  }
  ::kill(-pid, SIGKILL);  // what it has left behind
  if (interrupted) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

}  // namespace

std::optional<ShellEnd> run_shell(const ShellCommand& command, const Interrupt& interrupt) {
  const ScratchDir scratch;
  const UniqueFd out = nameless_file(scratch);
  const UniqueFd err = nameless_file(scratch);
  const std::optional<int> status = wait_for(spawn(command, out, err), interrupt);
  if (!status) return std::nullopt;
  return ShellEnd{*status, tail_of(out, kOutBytes), printable(tail_of(err, kLastWordsBytes))};
}

}  // namespace recrank
