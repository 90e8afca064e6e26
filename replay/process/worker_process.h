// One engine process: started with its pipes, limits and sandbox, watched, and always brought to
// its end.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/interrupt.h"
#include "base/scratch_dir.h"
#include "replay/crash/capture.h"
#include "replay/crash/crash_report.h"
#include "replay/process/containment.h"
#include "replay/process/core_file.h"
#include "replay/process/crash_tracer.h"
#include "replay/process/inner_sockets.h"
#include "replay/process/namespaces.h"
#include "replay/process/watchdog.h"

namespace recrank {

struct ChildFailure;
struct ChildPlan;

// The descriptors of an xsnap worker. Source: agoric-sdk, packages/xsnap/src/xsnap.js.
inline constexpr int kWorkerCommandFd = 3;
inline constexpr int kWorkerReplyFd = 4;
inline constexpr int kWorkerSnapshotFd = 7;
inline constexpr int kWorkerHeapFd = 8;

// Which descriptors of the program carry the conversation. What is not used for it: its stdin is
// /dev/null, its stdout and stderr are kept as output_tail().
struct WireLayout {
  int commands = kWorkerCommandFd;
  int replies = kWorkerReplyFd;
  int snapshot = kWorkerSnapshotFd;  // -1: none
};
// Commands on stdin, replies on stdout.
inline constexpr WireLayout kStdioWire{0, 1, -1};

struct WorkerCommand {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // without the program's name, which is its path
  UniqueFd heap;                       // read from the beginning as kWorkerHeapFd, when valid
  uint64_t memory_bytes = 0;           // RLIMIT_AS
  // It maps files that may be larger than all its memory: they do not count, RLIMIT_DATA does.
  bool maps_files = false;
  uint64_t cpu_s = 0;  // RLIMIT_CPU
  bool aslr = true;
  SandboxOptions sandbox;
  std::optional<CoreRequest> core;     // the kernel may write a core file
  uint64_t file_bytes_max = 64 << 20;  // RLIMIT_FSIZE: where Landlock is missing, for scratch files
  uint64_t open_files_max = 64;        // RLIMIT_NOFILE
  CaptureOptions capture{CaptureMode::kNone, {}};
  std::filesystem::path shim;  // another tracer, for tests; empty: the one beside recrank
  WireLayout wire;
  std::map<std::string, std::string> environment;  // laid over PATH and LANG
  InnerSockets sockets = {};        // of recrank's own, in the network of SandboxNetwork::kLoopback
  std::filesystem::path directory;  // where it works; empty: an empty one of its own
  // A recorder has work left when its engine is dead: finish() leaves it this time at least.
  std::chrono::milliseconds closing{0};
};

// Why recrank ended a process.
enum class KillReason : int { kNone, kStepWall, kWall, kThreads, kInterrupted, kAsked };

// Threads of one engine, or processes. Where the kernel counts root's too, no engine comes so far.
inline constexpr uint64_t kTasksMax = 1024;

// What it used in a step since it was first looked at in it.
struct StepUse {
  double wall_s = 0;
  double cpu_s = 0;
  uint64_t grown_bytes = 0;  // resident memory
};

// How it ended. Final once WorkerProcess::finish() gave it.
struct WorkerEnd {
  int exit_status = 0;  // when signal is 0
  int signal = 0;
  bool by_itself = false;  // it ended before recrank killed it
  KillReason reason = KillReason::kNone;
  CollectedCore core;  // with WorkerCommand::core and a signal
  // With a shim: how it died, or where it hung when a wall limit ended it.
  std::optional<CrashReport> report;
  std::string capture_loss;  // why there is no report of such an end; empty: nobody was to look
  std::optional<StepUse> step_use;  // of a step that a wall limit ended
  // What it had taken when the tracer stopped it at its fatal signal, and of open files else when
  // it was last looked at; 0: not known.
  uint64_t open_files = 0;
  uint64_t open_files_max = 0;
  uint64_t address_space_bytes = 0;
};

// The last bytes that it wrote to stdout and stderr, less what is a wire.
struct WorkerOutput {
  std::string all;
  std::string since_answer;  // since the step limit was last lifted
};

struct WorkerUsage {
  double cpu_s = 0;
  uint64_t peak_rss_bytes = 0;
  uint64_t rss_bytes = 0;            // now; 0 when it is gone
  uint64_t address_space_bytes = 0;  // likewise; with maps_files, what RLIMIT_DATA counts
};

// What recrank's own process must do with signals while it has engines: ignore SIGPIPE, so that a
// write to a dead engine fails with EPIPE, and not ignore SIGCHLD, so that the engine's end can be
// learnt. Called by every WorkerProcess; kept for the rest of the process's life.
void prepare_signals();

// The destructor kills the process with all that it started, and reaps it.
// Thread rule: one owner, any thread; the deadlines work through the watchdog's thread.
class WorkerProcess : private Watched {
 public:
  // Returns when the program runs. kWorker when it cannot be executed, kUnsupported or kIo when the
  // machine refuses the set-up. `interrupt` must outlive the process.
  WorkerProcess(WorkerCommand command, const Interrupt& interrupt);
  ~WorkerProcess() override;
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  [[nodiscard]] int command_fd() const { return commands_.get(); }
  [[nodiscard]] int reply_fd() const { return replies_.get(); }
  [[nodiscard]] int snapshot_fd() const { return snapshot_.get(); }  // non-blocking
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pid_fd() const { return pidfd_.get(); }  // readable when it has ended
  // WorkerCommand::sockets, as take_inner_sockets() gives them; empty the second time.
  [[nodiscard]] std::vector<UniqueFd> take_sockets() { return std::move(sockets_); }

  // The watchdog kills the process this long after the call unless the limit is set anew or lifted.
  void limit_step(double seconds);
  // The step is answered: what it writes from now on belongs to the next.
  void lift_step_limit();
  void limit_run(double seconds);

  // Closes the commands: an engine takes that as a request to leave.
  void close_commands() { commands_.reset(); }
  void kill() { kill_for(KillReason::kAsked); }

  // Waits up to `grace` for the process to end by itself, then kills it and all of its group, and
  // reaps it. May be called again and then gives the same.
  const WorkerEnd& finish(std::chrono::milliseconds grace);

  [[nodiscard]] WorkerUsage usage() const;
  // Complete after finish().
  [[nodiscard]] WorkerOutput output() const;
  [[nodiscard]] std::string output_tail() const { return output().all; }

 private:
  void on_tick() override;
  void on_wall_limit(KillReason reason);
  [[nodiscard]] bool tend_tracer(int64_t now);
  void hand_to_tracer(const WorkerCommand& command, int go);
  void take_report();
  void end_stuck_tracer();
  [[nodiscard]] pid_t try_reap(int& status, rusage& used);
  void start(WorkerCommand command);
  [[nodiscard]] View make_namespaces(const WorkerCommand& command);
  void await_namespaces(const WorkerCommand& command);
  void spawn(const WorkerCommand& command, const View& view, const std::vector<int>& fds);
  [[nodiscard]] std::filesystem::path working_directory(const WorkerCommand& command) const;
  void open_pidfd();
  void fork_child(const WorkerCommand& command, const ChildPlan& plan);
  [[nodiscard]] std::optional<ChildFailure> await_child(const WorkerCommand& command, int report,
                                                        int go);
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] bool wait_ended(std::chrono::milliseconds timeout) const;
  void sample_memory();
  void look_at_step(int64_t now);
  void note_step_use();
  void kill_for(KillReason reason);
  void reap();
  void drain_output();

  const Interrupt& interrupt_;
  ScratchDir directory_;
  std::optional<CoreRequest> core_;
  UniqueFd commands_;
  UniqueFd replies_;
  UniqueFd snapshot_;
  UniqueFd output_;  // non-blocking
  UniqueFd pidfd_;
  std::vector<UniqueFd> sockets_;
  std::unique_ptr<Namespaces> namespaces_;  // none on the lower rung
  pid_t pid_ = 0;
  pid_t inner_pid_ = 0;         // as itself and its core know it
  uint64_t own_rss_bytes_ = 0;  // of recrank when it forked
  uint64_t ticks_ = 0;          // used by the watchdog's thread only
  std::chrono::milliseconds closing_{0};
  bool maps_files_ = false;
  // Likewise: of the step that is being watched, when it was first looked at.
  struct StepBegin {
    int64_t deadline_ns = 0;  // by which the step is known
    int64_t ns = 0;
    double cpu_s = 0;
    uint64_t rss_bytes = 0;
  };
  std::optional<StepBegin> step_begin_;

  std::atomic<int64_t> step_deadline_ns_;
  std::atomic<int64_t> run_deadline_ns_;

  mutable std::mutex mutex_;  // guards what follows
  bool reaped_ = false;       // from here on pid_ may belong to somebody else
  KillReason reason_ = KillReason::kNone;
  CrashTracer tracer_;
  KillReason hang_reason_ = KillReason::kNone;  // a hang's report is being made, then it is killed
  int64_t tracer_deadline_ns_;                  // for the report that is being made
  bool tracer_stuck_ = false;                   // it was ended by us before it was done
  WorkerEnd end_;
  WorkerUsage usage_;
  std::string tail_;
  uint64_t written_bytes_ = 0;   // of all that went through tail_
  uint64_t answered_bytes_ = 0;  // of these, before the last answer
};

}  // namespace recrank
