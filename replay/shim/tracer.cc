#include "replay/shim/tracer.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "replay/shim/report.h"

namespace recrank::shim {
namespace {

// Of the first faults that the program handles itself, so much of the stack is kept; of later ones
// less, because a program may use faults as a means.
constexpr size_t kStackBytesFirst = 512 << 10;
constexpr size_t kStackBytesLater = 8 << 10;
constexpr size_t kHandledFirst = 16;
constexpr size_t kThreadsKept = 64;

constexpr long kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE;

void resume(pid_t tid, int signal) {
  ::ptrace(PTRACE_CONT, tid, nullptr, reinterpret_cast<void*>(static_cast<intptr_t>(signal)));
}

}  // namespace

int Tracer::attach() {
  return ::ptrace(PTRACE_SEIZE, pid_, nullptr, reinterpret_cast<void*>(kOptions)) == 0 ? 0 : errno;
}

int Tracer::run() {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, SIGUSR1);
  for (;;) {
    int status = 0;
    pid_t tid = 0;
    while ((tid = ::waitpid(-1, &status, __WALL | WNOHANG)) > 0) on_event(tid, status);
    if (tid < 0 && errno == ECHILD) return end_status_;
    if (::sigwaitinfo(&awaited, nullptr) == SIGUSR1) ask_for_hang();
  }
}

void Tracer::tell(ShimNews news, int value) const {
  if (output_.messages < 0) return;
  const ShimMessage message{news, value};
  // Far less than a pipe holds; a reader that is gone has killed us.
  [[maybe_unused]] const ssize_t put = ::write(output_.messages, &message, sizeof(message));
}

void Tracer::on_event(pid_t tid, int status) {
  if (!WIFSTOPPED(status)) {
    if (tid == pid_) end_status_ = status;
    handled_.erase(tid);
    return;
  }
  const int event = status >> 16;
  if (event == 0) {
    on_signal(tid, WSTOPSIG(status));
  } else if (event == PTRACE_EVENT_STOP) {
    on_stop(tid, WSTOPSIG(status));
  } else {
    resume(tid, 0);
  }
}

// A new thread, one that we have asked to stop, or one that a stop signal has stopped.
void Tracer::on_stop(pid_t tid, int signal) {
  if (hang_tid_ == tid && !hang_taken_) {
    take_hang(tid, is_stop_signal(signal) ? signal : 0);
  } else if (hang_taken_) {
    return;  // nothing goes on after a hang has been looked at
  } else if (is_stop_signal(signal)) {
    // Stays stopped, and wakes by SIGCONT as it would without us.
    ::ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
  } else {
    resume(tid, 0);
  }
}

void Tracer::on_signal(pid_t tid, int signal) {
  const std::optional<SignalMasks> masks = read_signal_masks(pid_, tid);
  const uint64_t bit = signal_bit(signal);
  if (masks && (masks->caught & bit) != 0) {
    if (is_fault_signal(signal)) keep_handled(tid, signal);
  } else if (ends_process_by_default(signal) && !(masks && (masks->ignored & bit) != 0)) {
    // Without /proc it may be one that the program handles; then it lives on after the report.
    if (!death_taken_) take_death(tid, take_raw_fault(pid_, tid, signal, 0));
  }
  resume(tid, signal);
}

void Tracer::keep_handled(pid_t tid, int signal) {
  if (handled_.size() >= kThreadsKept && !handled_.contains(tid)) return;
  const size_t bytes = ++handled_count_ <= kHandledFirst ? kStackBytesFirst : kStackBytesLater;
  handled_[tid] = take_raw_fault(pid_, tid, signal, bytes);
}

void Tracer::take_death(pid_t tid, const RawFault& fault) {
  // Only a signal that surely ends it is announced.
  death_taken_ = fault.masks.has_value();
  if (death_taken_) tell(ShimNews::kFatal, fault.signal);
  Scene scene;
  scene.pid = pid_;
  scene.fault = fault;
  if (const auto handled = handled_.find(tid); handled != handled_.end()) {
    scene.handled = handled->second;
  }
  if (const size_t size = write_report(scene, output_.report); size > 0) {
    tell(ShimNews::kReport, static_cast<int>(size));
  }
}

void Tracer::ask_for_hang() {
  if (hang_tid_ || death_taken_) return;
  hang_tid_ = choose_thread(pid_);
  if (::ptrace(PTRACE_INTERRUPT, *hang_tid_, nullptr, nullptr) == 0) return;
  hang_tid_ = pid_;
  ::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr);
}

void Tracer::take_hang(pid_t tid, int stop_signal) {
  hang_taken_ = true;
  Scene scene;
  scene.pid = pid_;
  scene.occasion = CrashOccasion::kHang;
  scene.fault = take_raw_fault(pid_, tid, stop_signal, 0);
  scene.fault.info.reset();
  if (const size_t size = write_report(scene, output_.report); size > 0) {
    tell(ShimNews::kReport, static_cast<int>(size));
  }
}

}  // namespace recrank::shim
