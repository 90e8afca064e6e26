#include "replay/process/crash_tracer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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
#include "replay/process/helper_process.h"

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
  pid_ = start_helper(shim,
                      {"--attach", std::to_string(engine), "--parent", std::to_string(::getpid())},
                      {-1, -1, -1, messages.write_end.get(), report.get()});
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
