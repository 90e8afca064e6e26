#include "replay/process/helper_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

#include <array>

#include "base/error.h"

namespace recrank {
namespace {

void require(int error, const char* function) {
  if (error != 0) throw_errno(function, error);
}

class SpawnPlan {
 public:
  explicit SpawnPlan(const std::vector<int>& fds) {
    require(::posix_spawn_file_actions_init(&actions_), "posix_spawn");
    require(::posix_spawnattr_init(&attributes_), "posix_spawn");
    const int count = static_cast<int>(fds.size());
    for (int to = 0; to < count; ++to) {
      const int from = fds[static_cast<size_t>(to)];
      require(from < 0 ? ::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", O_RDWR, 0)
                       : ::posix_spawn_file_actions_adddup2(&actions_, from, to),
              "posix_spawn");
    }
    require(::posix_spawn_file_actions_addclosefrom_np(&actions_, count), "closefrom");
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    require(::posix_spawnattr_setsigmask(&attributes_, &none), "sigmask");
    require(::posix_spawnattr_setsigdefault(&attributes_, &all), "sigdefault");
    require(
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
        "posix_spawn");
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] pid_t run(const std::string& program, char** words) const {
    std::array<char*, 3> environment{const_cast<char*>("PATH=/usr/bin:/bin"),
                                     const_cast<char*>("LANG=C"), nullptr};
    pid_t pid = 0;
    require(
        ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words, environment.data()),
        "posix_spawn");
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

pid_t start_helper(const std::filesystem::path& program, std::vector<std::string> arguments,
                   const std::vector<int>& fds) {
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> words;
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  return SpawnPlan(fds).run(program.string(), words.data());
}

}  // namespace recrank
