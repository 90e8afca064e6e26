#include "tests/support/snapshot/recrank_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "base/fd.h"
#include "base/hash.h"

namespace recrank::testing_support {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string content_of(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 4096> chunk{};
  while (const size_t got = std::fread(chunk.data(), 1, chunk.size(), file))
    text.append(chunk.data(), got);
  std::fclose(file);
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

int wait_for(pid_t pid, double interrupt_after_s, int signal) {
  const auto start = Clock::now();
  bool interrupted = false;
  for (;;) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    if (interrupt_after_s > 0 && elapsed > interrupt_after_s && !interrupted) {
      ::kill(pid, signal);
      interrupted = true;
    }
    if (elapsed > 120) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

Ran run_program(const std::vector<std::string>& words, const RunOptions& options) {
  std::vector<std::string> arguments = words;
  std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin",
                                       "HOME=/proc/nonexistent", "LANG=C.UTF-8"};
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  auto argv = pointers(arguments);
  auto envp = pointers(environment);
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(::fileno(out), 1);
    ::dup2(::fileno(err), 2);
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  Ran ran;
  ran.status = wait_for(pid, options.interrupt_after_s, options.signal);
  ran.out = content_of(out);
  ran.err = content_of(err);
  return ran;
}

Ran run_recrank(const std::vector<std::string>& words, const RunOptions& options) {
  std::vector<std::string> all{RECRANK_BINARY_DIR "/bin/recrank"};
  all.insert(all.end(), words.begin(), words.end());
  RunOptions with_engines = options;
  with_engines.environment.insert(with_engines.environment.begin(),
                                  "RECRANK_ENGINES=" RECRANK_DATA_DIR "/engines");
  return run_program(all, with_engines);
}

}  // namespace recrank::testing_support
