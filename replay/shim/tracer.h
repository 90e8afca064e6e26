// Follows one process through ptrace until it has ended, and looks at it when a signal is about to
// end it or when somebody asks.
//
// Every signal stops the thread that gets it and is handed on unchanged; nothing else does, so a
// program without signals runs at full speed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>

#include "replay/crash/shim_wire.h"
#include "replay/shim/raw_fault.h"

namespace recrank::shim {

struct TracerOutput {
  int messages = -1;  // ShimMessage goes there; -1: nowhere
  int report = -1;    // see write_report
};

// One thread, which is the tracer for the kernel.
class Tracer {
 public:
  Tracer(pid_t pid, TracerOutput output) : pid_(pid), output_(output) {}

  // 0, or the errno of why the process cannot be traced. If the tracer dies from here on, the
  // process is killed.
  [[nodiscard]] int attach();
  // Until no traced thread is left. SIGCHLD and SIGUSR1 must be blocked; SIGUSR1 asks for a hang's
  // report, after which the process stays stopped. Gives the wait status of a child's end; of a
  // process that is not a child's, the same for its tracer.
  [[nodiscard]] int run();

  void tell(ShimNews news, int value) const;

 private:
  void on_event(pid_t tid, int status);
  void on_signal(pid_t tid, int signal);
  void on_stop(pid_t tid, int signal);
  void ask_for_hang();
  void take_death(pid_t tid, const RawFault& fault);
  void take_hang(pid_t tid, int stop_signal);
  void keep_handled(pid_t tid, int signal);

  pid_t pid_;
  TracerOutput output_;
  int end_status_ = 0;
  bool death_taken_ = false;
  std::optional<pid_t> hang_tid_;  // has been told to stop for its report
  bool hang_taken_ = false;
  size_t handled_count_ = 0;
  std::map<pid_t, RawFault> handled_;  // the last one of each thread
};

}  // namespace recrank::shim
