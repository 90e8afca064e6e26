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
#include "replay/process/landlock.h"
#include "replay/process/proc_usage.h"
#include "replay/process/syscall_filter.h"
#include "replay/process/view.h"
#include "replay/process/worker_child.h"
#include "replay/process/worker_process.h"

namespace recrank {
namespace {

namespace process = boost::process;

constexpr rlim_t kCoreHeadBytes = 64 << 20;  // of a core, beside the memory
constexpr size_t kOpenFilesLimit = 4;        // among ChildPlan::limits
constexpr int kAbiOfSignals = 6;             // of Landlock
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
  const std::string why = ": " + std::string(::strerror(failure.value));
  switch (failure.stage) {
    case ChildFailure::Stage::kGroup: return "cannot begin a session" + why;
    case ChildFailure::Stage::kDescriptors: return "cannot lay out the descriptors" + why;
    case ChildFailure::Stage::kDirectory:
      return "cannot enter the working directory of " + program + why;
    case ChildFailure::Stage::kLimits: return "cannot set the resource limits" + why;
    case ChildFailure::Stage::kNamespaces: return "cannot join the namespaces of bwrap" + why;
    case ChildFailure::Stage::kSockets:
      return "cannot make sockets in the network of " + program + why;
    case ChildFailure::Stage::kSandbox: return "cannot enter the sandbox" + why;
    case ChildFailure::Stage::kJoined:
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

std::array<ChildPlan::Limit, 7> limits_of(const WorkerCommand& command, bool own_user) {
  const rlim_t core_bytes = command.core ? command.file_bytes_max : 0;
  const int memory = command.maps_files ? RLIMIT_DATA : RLIMIT_AS;
  // Outside of a namespace of users, those of all programs of the user count, and root's do not.
  const rlim_t tasks = own_user ? kTasksMax : RLIM_INFINITY;
  return {limit_of(memory, command.memory_bytes, command.memory_bytes),
          // SIGXCPU first, SIGKILL a second later for one that ignores it.
          limit_of(RLIMIT_CPU, command.cpu_s, command.cpu_s + 1),
          limit_of(RLIMIT_CORE, core_bytes, core_bytes),
          limit_of(RLIMIT_FSIZE, command.file_bytes_max, command.file_bytes_max),
          limit_of(RLIMIT_NOFILE, command.open_files_max, command.open_files_max),
          limit_of(RLIMIT_STACK, kStackBytes, kStackBytes), limit_of(RLIMIT_NPROC, tasks, tasks)};
}

FilterNeeds needs_of(const SandboxOptions& options, bool namespaces, bool landlock) {
  return {options.network, options.may_fork, !options.writable.empty(), namespaces || landlock,
          namespaces || containment_had().landlock_abi >= kAbiOfSignals};
}

// nullopt: it has executed the program, or is dead.
std::optional<ChildFailure> read_report(int fd) {
  ChildFailure failure;
  const size_t got =
      read_some(fd, reinterpret_cast<char*>(&failure), sizeof(failure), "the child's report");
  return got == 0 ? std::nullopt : std::optional(failure);
}

bool is_joined(const std::optional<ChildFailure>& told) {
  return told && told->stage == ChildFailure::Stage::kJoined;
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
  const View view = make_namespaces(command);
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
  spawn(command, view, fds);
}

// bubblewrap works while the rest is prepared.
View WorkerProcess::make_namespaces(const WorkerCommand& command) {
  View view = view_of({command.program, working_directory(command), command.environment},
                      command.sandbox, interrupt_);
  if (command.sandbox.reads_all) return view;
  require_containment(containment_had());
  if (!containment_had().no_namespaces.empty()) return view;
  try {
    Watchdog::instance().run([&] { namespaces_ = std::make_unique<Namespaces>(view); });
  } catch (const Error& error) {
    no_namespaces_from_here_on(error.what());
    require_containment(containment_had());
  }
  return view;
}

// What cannot be had at all is done without from here on; what fails for this engine alone is an
// error: it must not find itself with less by what its files are like.
void WorkerProcess::await_namespaces(const WorkerCommand& command) {
  try {
    if (namespaces_) namespaces_->await();
  } catch (const Error& error) {
    namespaces_.reset();
    const std::string never = try_namespaces();
    if (never.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  "bwrap cannot show " + command.program.string() + " its files: " + error.what());
    }
    no_namespaces_from_here_on(never);
    require_containment(containment_had());
  }
  if (!namespaces_ && command.sandbox.network == SandboxNetwork::kLoopback) {
    throw Error(ErrorCode::kUnsupported,
                "a network of its own cannot be had: " + missing(containment_had()) + "; " +
                    remedy(containment_had()));
  }
}

std::filesystem::path WorkerProcess::working_directory(const WorkerCommand& command) const {
  return command.directory.empty() ? directory_.path() : command.directory;
}

// `fds[n]` becomes the child's descriptor n; -1: none.
void WorkerProcess::spawn(const WorkerCommand& command, const View& view,
                          const std::vector<int>& fds) {
  Pipe report = make_pipe();
  Pipe go;
  if (command.capture.mode != CaptureMode::kNone) go = make_pipe();
  ChildPlan plan;
  plan.parent = ::getpid();
  for (size_t to = 0; to < fds.size(); ++to) {
    if (fds[to] >= 0) plan.descriptors.push_back({fds[to], static_cast<int>(to)});
  }
  // Where all writing is forbidden, the directory is only a place to be.
  const std::string directory = working_directory(command);
  plan.directory = directory.c_str();
  const Landlock landlock(command.sandbox, view, fds[kWorkerHeapFd]);
  plan.landlock = &landlock;
  await_namespaces(command);
  std::vector<sock_filter> filter =
      syscall_filter(needs_of(command.sandbox, namespaces_ != nullptr, landlock.guards()));
  plan.filter = &filter;
  if (namespaces_) plan.namespaces = namespaces_->pidfd();
  plan.limits = limits_of(command, namespaces_ != nullptr);
  end_.open_files_max = plan.limits[kOpenFilesLimit].value.rlim_cur;
  plan.aslr = command.aslr;
  SocketPair hand_over;
  std::optional<InnerSocketPlan> sockets;
  if (!command.sockets.none()) {
    RECRANK_CHECK(namespaces_ != nullptr);
    hand_over = make_socket_pair();
    sockets = plan_inner_sockets(command.sockets, hand_over.child.get());
  }
  plan.sockets = sockets ? &*sockets : nullptr;
  plan.report_fd = report.write_end.get();
  plan.go_fd = go.read_end.get();
  own_rss_bytes_ = resident_bytes(::getpid());
  Watchdog::instance().run([&] { fork_child(command, plan); });
  report.write_end.reset();
  const auto failure = await_child(command, report.read_end.get(), go.write_end.get());
  if (failure) {
    reap();
    const bool exec = failure->stage == ChildFailure::Stage::kExec;
    throw Error(exec ? ErrorCode::kWorker : ErrorCode::kUnsupported,
                describe(*failure, command.program.string()));
  }
  RECRANK_LOG(kInfo, "process", "started", {"pid", pid_}, {"program", command.program},
              {"arguments", shown_arguments(command)}, {"directory", directory},
              {"commands_fd", commands_.get()}, {"replies_fd", replies_.get()});
  if (sockets) sockets_ = take_inner_sockets(hand_over.own.get(), command.sockets);
}

void WorkerProcess::fork_child(const WorkerCommand& command, const ChildPlan& plan) {
  process::environment environment;
  environment["PATH"] = "/usr/bin:/bin";
  environment["LANG"] = "C";
  for (const auto& [name, value] : command.environment) environment[name] = value;
  // ignore_error keeps Boost from making an error pipe of its own, whose low descriptors would
  // be overlaid in the child.
  process::child child(
      process::exe = command.program.string(), process::args = command.arguments,
      process::env = environment, process::ignore_error,
      process::extend::on_exec_setup = [&plan](auto&) { set_up_child(plan); },
      process::extend::on_exec_error =
          [&plan](auto&, const std::error_code& error) {
            fail_child(plan, {ChildFailure::Stage::kExec, error.value()});
          });
  pid_ = child.id();
  child.detach();
  if (pid_ <= 0) throw Error(ErrorCode::kIo, "cannot fork a process for the engine");
  if (plan.namespaces < 0) open_pidfd();
}

void WorkerProcess::open_pidfd() {
  pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (pidfd_.valid()) return;
  const int error = errno;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  throw_errno("pidfd_open", error);
}

// Until it has executed the program or failed to.
std::optional<ChildFailure> WorkerProcess::await_child(const WorkerCommand& command, int report,
                                                       int go) {
  std::optional<ChildFailure> told = read_report(report);
  if (namespaces_) {
    // The new process may be quicker than the old one.
    const std::optional<ChildFailure> early = is_joined(told) ? std::nullopt : told;
    if (early) told = read_report(report);
    if (is_joined(told)) {
      ::waitpid(pid_, nullptr, 0);
      pid_ = told->value;
      told = early ? early : read_report(report);
    } else {
      told = early;
    }
    open_pidfd();
  }
  if (told && told->stage == ChildFailure::Stage::kReady) {
    hand_to_tracer(command, go);
    told = read_report(report);
  }
  inner_pid_ = inner_pid(pid_);
  return told;
}

// The child waits before its exec. Whatever becomes of the tracer, it is let go.
void WorkerProcess::hand_to_tracer(const WorkerCommand& command, int go) {
  Watchdog::instance().run([&] { tracer_.start(pid_, command.shim); });
  tracer_.await_attached();
  [[maybe_unused]] const ssize_t put = ::write(go, "g", 1);  // one that is dead needs no word
}

}  // namespace recrank
