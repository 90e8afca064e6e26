// The only file that includes Boost.Process (version 1). Its own pipes, waiting and termination are
// not used: they leak descriptors into other children and install a SIGCHLD handler.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "replay/process/proc_usage.h"
#include "replay/process/worker_child.h"
#include "replay/process/worker_process.h"

namespace recrank {
namespace {

namespace process = boost::process;

constexpr rlim_t kCoreHeadBytes = 64 << 20;  // of a core, beside the memory
constexpr size_t kOpenFilesLimit = 4;        // among ChildPlan::limits
constexpr rlim_t kStackBytes = 8 << 20;      // XS derives its own stack limit from this one
constexpr int kSnapshotPipeBytes = 1 << 20;

void set_nonblocking(const UniqueFd& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("cannot set O_NONBLOCK", errno);
}

UniqueFd moved_up(int fd) {
  UniqueFd moved(::fcntl(fd, F_DUPFD_CLOEXEC, kWorkerHeapFd + 2));
  if (!moved.valid()) throw_errno("cannot duplicate a descriptor", errno);
  return moved;
}

UniqueFd open_null() {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.valid()) throw_errno("cannot open /dev/null", errno);
  return moved_up(null.get());
}

// An own open file description, so that several engines can load the same heap side by side.
UniqueFd reopen_at_start(const UniqueFd& heap) {
  const std::string path = "/proc/self/fd/" + std::to_string(heap.get());
  const UniqueFd again(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!again.valid()) throw_errno("cannot open the heap snapshot anew", errno);
  return moved_up(again.get());
}

struct SocketPair {
  UniqueFd own;
  UniqueFd child;
};

SocketPair make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_errno("cannot make a socket pair", errno);
  }
  SocketPair pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
  pair.child = moved_up(pair.child.get());  // the low descriptors are laid out anew
  return pair;
}

ChildPlan::Limit limit_of(int resource, rlim_t soft, rlim_t hard) {
  rlimit present{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &present);
  hard = std::min(hard, present.rlim_max);  // it cannot be raised above what we have
  return {resource, {std::min(soft, hard), hard}};
}

std::string describe(const ChildFailure& failure, const std::string& program) {
  const std::string why = ": " + std::string(::strerror(failure.error));
  switch (failure.stage) {
    case ChildFailure::Stage::kGroup: return "cannot set up a process group" + why;
    case ChildFailure::Stage::kDescriptors: return "cannot lay out the descriptors" + why;
    case ChildFailure::Stage::kDirectory:
      return "cannot enter the working directory of " + program + why;
    case ChildFailure::Stage::kLimits: return "cannot set the resource limits" + why;
    case ChildFailure::Stage::kNetwork:
      return describe(failure.network) + "; " + remedy(failure.network);
    case ChildFailure::Stage::kSockets:
      return "cannot make sockets in the network of " + program + why;
    case ChildFailure::Stage::kSandbox: return "cannot enter the sandbox" + why;
    case ChildFailure::Stage::kReady:
    case ChildFailure::Stage::kExec: return "cannot execute " + program + why;
  }
  return "cannot start " + program;
}

std::string shown_arguments(const WorkerCommand& command) {
  std::string text;
  for (const std::string& each : command.arguments) text += (text.empty() ? "" : " ") + each;
  return text;
}

// Room for a core file and the right to write it, for a process that is to leave one. Not in a
// directory of the user's: the kernel would replace a file of that name there.
void allow_core(WorkerCommand& command, const std::filesystem::path& working) {
  if (!command.core) return;
  if (!command.directory.empty() && core_directory_of(command.core->pattern, "").empty()) {
    command.core.reset();
    return;
  }
  command.file_bytes_max =
      std::max<uint64_t>(command.file_bytes_max, command.memory_bytes + kCoreHeadBytes);
  command.sandbox.writable.push_back(core_directory_of(command.core->pattern, working));
}

// nullopt: it has executed the program, or is dead.
std::optional<ChildFailure> read_report(int fd) {
  ChildFailure failure;
  const size_t got =
      read_some(fd, reinterpret_cast<char*>(&failure), sizeof(failure), "the child's report");
  return got == 0 ? std::nullopt : std::optional(failure);
}

}  // namespace

void WorkerProcess::start(WorkerCommand command) {
  const bool wanted_core = command.core.has_value();
  allow_core(command, directory_.path());
  if (wanted_core && !command.core) {
    end_.core.missing =
        "the kernel would leave it in the directory that the program works in, which is the "
        "user's; set kernel.core_pattern to an absolute path";
  }
  maps_files_ = command.maps_files;
  closing_ = command.closing;
  core_ = command.core;
  const Sandbox sandbox(command.sandbox);
  Pipe commands = make_pipe();
  Pipe replies = make_pipe();
  Pipe snapshot = make_pipe();
  Pipe output = make_pipe();
  set_nonblocking(snapshot.read_end);
  set_nonblocking(output.read_end);
  // More room than usual for a heap of many megabytes; the default does where this is refused.
  ::fcntl(snapshot.read_end.get(), F_SETPIPE_SZ, kSnapshotPipeBytes);
  const UniqueFd null = open_null();
  const UniqueFd heap = command.heap.valid() ? reopen_at_start(command.heap) : UniqueFd();

  commands_ = std::move(commands.write_end);
  replies_ = std::move(replies.read_end);
  snapshot_ = std::move(snapshot.read_end);
  output_ = std::move(output.read_end);
  std::vector<int> fds(kWorkerHeapFd + 1, -1);
  fds[0] = null.get();
  fds[1] = fds[2] = output.write_end.get();
  fds.at(static_cast<size_t>(command.wire.commands)) = commands.read_end.get();
  fds.at(static_cast<size_t>(command.wire.replies)) = replies.write_end.get();
  if (command.wire.snapshot >= 0) {
    fds.at(static_cast<size_t>(command.wire.snapshot)) = snapshot.write_end.get();
  }
  if (heap.valid()) fds[kWorkerHeapFd] = heap.get();
  spawn(command, sandbox, fds);
}

// `fds[n]` becomes the child's descriptor n; -1: none.
void WorkerProcess::spawn(const WorkerCommand& command, const Sandbox& sandbox,
                          const std::vector<int>& fds) {
  Pipe report = make_pipe();
  Pipe go;
  if (command.capture.mode != CaptureMode::kNone) go = make_pipe();
  ChildPlan plan;
  plan.parent = ::getpid();
  for (size_t to = 0; to < fds.size(); ++to) {
    if (fds[to] >= 0) plan.descriptors.push_back({fds[to], static_cast<int>(to)});
  }
  // Where Landlock forbids all writing, the directory is only a place to be.
  plan.directory =
      command.directory.empty() ? directory_.path().c_str() : command.directory.c_str();
  const rlim_t core_bytes = command.core ? command.file_bytes_max : 0;
  const int memory = command.maps_files ? RLIMIT_DATA : RLIMIT_AS;
  plan.limits = {limit_of(memory, command.memory_bytes, command.memory_bytes),
                 // SIGXCPU first, SIGKILL a second later for one that ignores it.
                 limit_of(RLIMIT_CPU, command.cpu_s, command.cpu_s + 1),
                 limit_of(RLIMIT_CORE, core_bytes, core_bytes),
                 limit_of(RLIMIT_FSIZE, command.file_bytes_max, command.file_bytes_max),
                 limit_of(RLIMIT_NOFILE, command.open_files_max, command.open_files_max),
                 limit_of(RLIMIT_STACK, kStackBytes, kStackBytes)};
  end_.open_files_max = plan.limits[kOpenFilesLimit].value.rlim_cur;
  plan.aslr = command.aslr;
  std::optional<OwnNetwork> network;
  if (command.sandbox.network == SandboxNetwork::kLoopback) network.emplace();
  plan.network = network ? &*network : nullptr;
  SocketPair hand_over;
  std::optional<InnerSocketPlan> sockets;
  if (!command.sockets.none()) {
    RECRANK_CHECK(network.has_value());
    hand_over = make_socket_pair();
    sockets = plan_inner_sockets(command.sockets, hand_over.child.get());
  }
  plan.sockets = sockets ? &*sockets : nullptr;
  plan.sandbox = &sandbox;
  plan.report_fd = report.write_end.get();
  plan.go_fd = go.read_end.get();

  process::environment environment;
  environment["PATH"] = "/usr/bin:/bin";
  environment["LANG"] = "C";
  for (const auto& [name, value] : command.environment) environment[name] = value;
  own_rss_bytes_ = resident_bytes(::getpid());
  Watchdog::instance().run([&] {
    // ignore_error keeps Boost from making an error pipe of its own, whose low descriptors would
    // be overlaid in the child.
    process::child child(
        process::exe = command.program.string(), process::args = command.arguments,
        process::env = environment, process::ignore_error,
        process::extend::on_exec_setup = [&plan](auto&) { set_up_child(plan); },
        process::extend::on_exec_error =
            [&plan](auto&, const std::error_code& error) {
              fail_child(plan, {ChildFailure::Stage::kExec, error.value(), {}});
            });
    pid_ = child.id();
    child.detach();
    if (pid_ <= 0) throw Error(ErrorCode::kIo, "cannot fork a process for the engine");
    pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_.valid()) {
      const int error = errno;
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      throw_errno("pidfd_open", error);
    }
  });
  report.write_end.reset();
  std::optional<ChildFailure> told = read_report(report.read_end.get());
  if (told && told->stage == ChildFailure::Stage::kReady) {
    hand_to_tracer(command, go.write_end.get());
    told = read_report(report.read_end.get());
  }
  if (!told) {
    RECRANK_LOG(kInfo, "process", "started", {"pid", pid_}, {"program", command.program},
                {"arguments", shown_arguments(command)}, {"directory", std::string(plan.directory)},
                {"commands_fd", commands_.get()}, {"replies_fd", replies_.get()});
    if (sockets) sockets_ = take_inner_sockets(hand_over.own.get(), command.sockets);
    return;
  }
  const ChildFailure failure = *told;
  reap();
  const bool exec = failure.stage == ChildFailure::Stage::kExec;
  throw Error(exec ? ErrorCode::kWorker : ErrorCode::kUnsupported,
              describe(failure, command.program.string()));
}

// The child waits before its exec. Whatever becomes of the tracer, it is let go.
void WorkerProcess::hand_to_tracer(const WorkerCommand& command, int go) {
  Watchdog::instance().run([&] { tracer_.start(pid_, command.shim); });
  tracer_.await_attached();
  [[maybe_unused]] const ssize_t put = ::write(go, "g", 1);  // one that is dead needs no word
}

}  // namespace recrank
