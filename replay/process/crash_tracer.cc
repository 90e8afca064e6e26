#include "replay/process/crash_tracer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr int kLowestFd = 10;
constexpr size_t kReportBytesMax = 8 << 20;
constexpr std::chrono::milliseconds kAttachTimeout{5000};
constexpr const char* kShimName = "recrank-shim";

// What holds for every engine of this process is not tried again.
struct Lasting {
  std::mutex mutex;
  std::string problem;
};
Lasting& lasting() {
  static Lasting* const one = new Lasting;
  return *one;
}

UniqueFd make_report_file() {
  const UniqueFd file(::memfd_create(kShimName, MFD_CLOEXEC));
  if (!file.valid()) throw_errno("memfd_create", errno);
  UniqueFd moved(::fcntl(file.get(), F_DUPFD_CLOEXEC, kLowestFd));
  if (!moved.valid()) throw_errno("cannot duplicate a descriptor", errno);
  return moved;
}

void require(int error, const char* function) {
  if (error != 0) throw_errno(function, error);
}

// The plan of a spawn: descriptors 0 to 4 and no others, a group of its own so that a Ctrl-C at the
// terminal does not take it before the engine, no blocked signals.
class SpawnPlan {
 public:
  SpawnPlan(int messages, int report) {
    require(::posix_spawn_file_actions_init(&actions_), "posix_spawn");
    require(::posix_spawnattr_init(&attributes_), "posix_spawn");
    for (int fd = 0; fd < kShimMessageFd; ++fd) {
      require(::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0), "open");
    }
    require(::posix_spawn_file_actions_adddup2(&actions_, messages, kShimMessageFd), "dup2");
    require(::posix_spawn_file_actions_adddup2(&actions_, report, kShimReportFd), "dup2");
    require(::posix_spawn_file_actions_addclosefrom_np(&actions_, kShimReportFd + 1), "closefrom");
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

  [[nodiscard]] int run(const std::string& program, char** words, pid_t& pid) const {
    std::array<char*, 3> environment{const_cast<char*>("PATH=/usr/bin:/bin"),
                                     const_cast<char*>("LANG=C"), nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words, environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

fs::path find_shim() {
  std::error_code error;
  const fs::path directory = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& path :
       {directory / kShimName, directory.parent_path() / "libexec" / "recrank" / kShimName}) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::string capture_problem() {
  const std::scoped_lock lock(lasting().mutex);
  return lasting().problem;
}

CrashTracer::~CrashTracer() { end(); }

void CrashTracer::start(pid_t engine, fs::path shim) {
  is_default_ = shim.empty();
  if (is_default_) {
    problem_ = capture_problem();
    if (!problem_.empty()) return;
    shim = find_shim();
    if (shim.empty()) {
      return fail("not traced: recrank-shim is neither beside recrank nor in ../libexec/recrank");
    }
  }
  try {
    spawn(engine, shim);
  } catch (const Error& error) {
    problem_ = "not traced: cannot start recrank-shim: " + std::string(error.what());
  }
}

void CrashTracer::spawn(pid_t engine, const fs::path& shim) {
  Pipe messages = make_pipe();
  if (::fcntl(messages.read_end.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("fcntl", errno);
  UniqueFd report = make_report_file();
  const SpawnPlan plan(messages.write_end.get(), report.get());
  std::array<std::string, 5> words{shim.string(), "--attach", std::to_string(engine), "--parent",
                                   std::to_string(::getpid())};
  std::array<char*, words.size() + 1> pointers{};
  for (size_t i = 0; i < words.size(); ++i) pointers[i] = words[i].data();
  pid_t pid = 0;
  require(plan.run(shim.string(), pointers.data(), pid), "posix_spawn");
  pid_ = pid;
  messages_ = std::move(messages.read_end);
  report_ = std::move(report);
}

void CrashTracer::await_attached() {
  const auto deadline = std::chrono::steady_clock::now() + kAttachTimeout;
  while (pid_ > 0 && !attached_ && !gone_ && problem_.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{messages_.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) {
      problem_ = "not traced: recrank-shim did not attach within 5 s";
      break;
    }
    poll();
  }
  if (attached_) return;
  if (pid_ > 0 && problem_.empty()) problem_ = "not traced: recrank-shim ended before it attached";
  end();
}

void CrashTracer::poll() {
  while (messages_.valid() && !gone_) {
    ShimMessage message;
    // Messages are shorter than PIPE_BUF: they come whole.
    const ssize_t got = ::read(messages_.get(), &message, sizeof(message));
    if (got == static_cast<ssize_t>(sizeof(message))) {
      take(message);
    } else if (got >= 0) {
      gone_ = true;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void CrashTracer::take(const ShimMessage& message) {
  switch (message.news) {
    case ShimNews::kAttached: attached_ = true; break;
    case ShimNews::kRefused:
      fail("not traced: ptrace is not permitted here (" + std::string(::strerror(message.value)) +
           "); allow it (seccomp profile, CAP_SYS_PTRACE, kernel.yama.ptrace_scope) or use "
           "--capture core");
      break;
    case ShimNews::kFatal: fatal_signal_ = message.value; break;
    case ShimNews::kReport: report_bytes_ = static_cast<size_t>(message.value); break;
  }
}

void CrashTracer::fail(std::string why) {
  problem_ = std::move(why);
  if (!is_default_) return;
  const std::scoped_lock lock(lasting().mutex);
  lasting().problem = problem_;
}

bool CrashTracer::ask_for_hang() {
  // Not reaped yet, so the number is its own.
  return active() && !gone_ && ::kill(pid_, SIGUSR1) == 0;
}

void CrashTracer::end() {
  if (pid_ <= 0) return;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    if (WIFSIGNALED(status)) died_of_ = WTERMSIG(status);
  } else {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = 0;
  poll();
}

std::optional<CrashReport> CrashTracer::take_report() {
  if (report_bytes_ == 0) {
    if (attached_ && problem_.empty()) problem_ = "recrank-shim ended without a report";
    return std::nullopt;
  }
  try {
    if (report_bytes_ > kReportBytesMax) throw Error(ErrorCode::kInvalidData, "it is too long");
    std::string text(std::exchange(report_bytes_, 0), '\0');
    read_exactly_at(report_.get(), text.data(), text.size(), 0, "the report");
    return parse_crash_report(text);
  } catch (const Error& error) {
    problem_ = "the report of recrank-shim cannot be read: " + std::string(error.what());
    return std::nullopt;
  }
}

}  // namespace recrank
