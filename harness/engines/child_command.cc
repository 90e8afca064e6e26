#include "harness/engines/child_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/named.h"

namespace recrank {
namespace {

constexpr int kPollMs = 10;
constexpr size_t kChunkBytes = 1 << 16;
constexpr int kChunksMax = 64;  // at a time: one that never stops writing must not hold us up

// The end of what comes through a pipe.
class Tail {
 public:
  explicit Tail(size_t bytes_max) : bytes_max_(bytes_max) {
    if (bytes_max_ == 0) return;
    pipe_ = make_pipe();
    if (::fcntl(pipe_.read_end.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("fcntl", errno);
  }

  [[nodiscard]] bool wanted() const { return bytes_max_ != 0; }
  [[nodiscard]] int write_end() const { return pipe_.write_end.get(); }
  [[nodiscard]] int read_end() const { return pipe_.read_end.get(); }
  void close_write_end() { pipe_.write_end.reset(); }

  // Takes what is there now. Whoever left the group may hold the pipe open for ever.
  void drain() {
    std::array<char, kChunkBytes> chunk{};
    for (int i = 0; i < kChunksMax && pipe_.read_end.valid(); ++i) {
      const ssize_t got = ::read(pipe_.read_end.get(), chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return;
      if (got == 0) return pipe_.read_end.reset();
      text_.append(chunk.data(), static_cast<size_t>(got));
      if (text_.size() > 2 * bytes_max_ + kChunkBytes) cut();
    }
  }

  [[nodiscard]] bool is_cut() const { return cut_; }
  [[nodiscard]] std::string take() {
    cut();
    return std::move(text_);
  }

 private:
  void cut() {
    if (text_.size() <= bytes_max_) return;
    cut_ = true;
    text_.erase(0, text_.size() - bytes_max_);
  }

  size_t bytes_max_;
  Pipe pipe_;
  std::string text_;
  bool cut_ = false;
};

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::vector<std::string> environment_of(const ChildCommand& command) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view name = name_of(*each);
    const auto is_it = [&](const std::string& other) { return other == name; };
    const bool laid_over = find_named(command.environment, name) != nullptr;
    if (laid_over || std::any_of(command.without.begin(), command.without.end(), is_it)) continue;
    variables.emplace_back(*each);
  }
  for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

// A process that waits for the end of this one, which nothing can prevent, and then ends a group.
class GroupGuard {
 public:
  GroupGuard() {
    Pipe pipe = make_pipe();
    pid_ = ::fork();
    if (pid_ < 0) throw_errno("fork", errno);
    if (pid_ == 0) stand_guard(pipe.read_end.get());
    told_ = std::move(pipe.write_end);
  }
  ~GroupGuard() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  GroupGuard(const GroupGuard&) = delete;
  GroupGuard& operator=(const GroupGuard&) = delete;

  void watch(pid_t group) {
    write_all(told_.get(), {reinterpret_cast<const char*>(&group), sizeof(group)}, "a pipe");
  }

 private:
  // Only what a child of a process with threads may call. Nothing else is held open: neither the
  // other end of the pipe, nor locks, nor pipes of other children.
  [[noreturn]] static void stand_guard(int told) {
    ::setsid();  // Ctrl-C is not for it
    ::dup2(told, 0);
    ::syscall(SYS_close_range, 1U, ~0U, 0U);
    pid_t group = 0;
    if (read_fully(&group) && !read_fully(nullptr)) ::kill(-group, SIGKILL);
    ::_exit(0);
  }
  // False at the end of the pipe, which is that of recrank.
  static bool read_fully(pid_t* group) {
    pid_t value = 0;
    ssize_t got = 0;
    do {
      got = ::read(0, &value, sizeof(value));
    } while (got < 0 && errno == EINTR);
    if (group != nullptr) *group = value;
    return got == sizeof(value);
  }

  pid_t pid_ = -1;
  UniqueFd told_;
};

// What posix_spawn is told, freed with it.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void lay(int fd, int as) { posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  void discard(int fd) {
    posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_WRONLY, 0);
  }
  void keep_open(int fd) { lay(fd, fd); }  // which takes off close-on-exec
  void work_in(const std::filesystem::path& directory) {
    posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }

  [[nodiscard]] int spawn(pid_t& pid, char* const* words, char* const* variables) const {
    return ::posix_spawnp(&pid, words[0], &actions_, &attributes_, words, variables);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// 0: there is no such program.
pid_t spawn(const ChildCommand& command, const Tail& output, const Tail& errors) {
  SpawnPlan plan;
  if (output.wanted()) {
    plan.lay(output.write_end(), STDOUT_FILENO);
  } else {
    plan.discard(STDOUT_FILENO);
  }
  if (errors.wanted()) plan.lay(errors.write_end(), STDERR_FILENO);
  if (command.keeps_open >= 0) plan.keep_open(command.keeps_open);
  if (!command.directory.empty()) plan.work_in(command.directory);
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables = environment_of(command);
  pid_t pid = 0;
  const int failed = plan.spawn(pid, pointers_to(words).data(), pointers_to(variables).data());
  std::error_code error;
  const bool place =
      command.directory.empty() || std::filesystem::is_directory(command.directory, error);
  if (failed == ENOENT && place) return 0;
  if (failed == 0) return pid;
  throw_errno("cannot run " + command.words.front() +
                  (command.directory.empty() ? "" : " in " + command.directory.string()),
              failed);
}

// Whether it has ended. It is not reaped yet, so that its number still belongs to its group.
bool has_ended(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
    return info.si_pid == pid;
  }
  if (errno == EINTR) return false;
  throw_errno("waiting for a command", errno);
}

// Takes what it writes until it ends; true: the interrupt ended it.
bool tend(pid_t pid, Tail& output, Tail& errors, int& status, const Interrupt& interrupt) {
  bool interrupted = false;
  while (!has_ended(pid)) {
    interrupted = interrupt.requested();
    if (interrupted) break;
    std::array<pollfd, 2> pipes{pollfd{output.read_end(), POLLIN, 0},
                                pollfd{errors.read_end(), POLLIN, 0}};
    ::poll(pipes.data(), pipes.size(), kPollMs);
    output.drain();
    errors.drain();
  }
  ::kill(-pid, SIGKILL);  // what it has left behind, or all of it
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waiting for a command", errno);
  }
  output.drain();
  errors.drain();
  return interrupted;
}

}  // namespace

ChildEnd run_child(const ChildCommand& command, const Interrupt& interrupt) {
  ChildEnd end;
  Tail output(command.output_bytes);
  Tail errors(command.error_bytes);
  GroupGuard guard;
  const pid_t pid = spawn(command, output, errors);
  if (pid == 0) {
    end.exit_status = 127;
    end.errors = "no such program";
    return end;
  }
  guard.watch(pid);
  output.close_write_end();
  errors.close_write_end();
  int status = 0;
  end.interrupted = tend(pid, output, errors, status, interrupt);
  if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.output = output.take();
  end.output_cut = output.is_cut();
  end.errors = errors.take();
  return end;
}

std::vector<std::string> shell_words(const std::string& script, const std::string& name,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"/bin/sh", "-c", script, name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

std::string ending_of(const ChildEnd& end) {
  if (end.signal == 0) return "status " + std::to_string(end.exit_status);
  return "signal " + std::to_string(end.signal) + " (" + ::strsignal(end.signal) + ")";
}

std::string last_line(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const size_t last = text.find_last_not_of(kSpace);
  if (last == std::string::npos) return "";
  const size_t newline = text.rfind('\n', last);
  const size_t begin = newline == std::string::npos ? 0 : newline + 1;
  const size_t first = text.find_first_not_of(kSpace, begin);
  return text.substr(first, last - first + 1);
}

}  // namespace recrank
