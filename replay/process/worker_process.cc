#include "replay/process/worker_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "replay/process/proc_usage.h"

namespace recrank {
namespace {

constexpr size_t kTailBytesMax = 64 << 10;
constexpr std::chrono::seconds kDeathTimeout{60};
// For what the tracer still has to do with an engine that is dead.
constexpr std::chrono::seconds kTracerTimeout{2};
constexpr int64_t kHangGrace_ns = 5'000'000'000;
constexpr int64_t kFatalGrace_ns = (kShimReportTimeout_s + 10) * 1'000'000'000LL;
constexpr uint64_t kTicksPerSample = 50;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t deadline_ns(double seconds) {
  constexpr double kLongest = 1e9;  // seconds; thirty years need no deadline
  if (seconds >= kLongest) return kNever;
  return now_ns() + static_cast<int64_t>(std::max(seconds, 0.0) * 1e9);
}

std::string_view word_of(KillReason reason) {
  switch (reason) {
    case KillReason::kNone: return "none";
    case KillReason::kStepWall: return "step-wall";
    case KillReason::kWall: return "wall";
    case KillReason::kThreads: return "threads";
    case KillReason::kInterrupted: return "interrupted";
    case KillReason::kAsked: return "asked";
  }
  return "unknown";
}

}  // namespace

void prepare_signals() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  struct sigaction present {};
  ::sigaction(SIGCHLD, nullptr, &present);
  if (present.sa_handler != SIG_IGN) return;
  // Inherited from a careless parent: the kernel would reap our children itself.
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &usual, nullptr);
}

WorkerProcess::WorkerProcess(WorkerCommand command, const Interrupt& interrupt)
    : interrupt_(interrupt),
      step_deadline_ns_(kNever),
      run_deadline_ns_(kNever),
      tracer_deadline_ns_(kNever) {
  prepare_signals();
  start(std::move(command));
  Watchdog::instance().add(*this);
}

WorkerProcess::~WorkerProcess() {
  Watchdog::instance().remove(*this);
  kill();
  try {
    finish(std::chrono::milliseconds(0));
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it sleeps in the kernel; nothing to do
  }
}

void WorkerProcess::limit_step(double seconds) {
  step_deadline_ns_.store(deadline_ns(seconds), std::memory_order_relaxed);
}

void WorkerProcess::lift_step_limit() {
  step_deadline_ns_.store(kNever, std::memory_order_relaxed);
  drain_output();
  const std::scoped_lock lock(mutex_);
  if (!reaped_) answered_bytes_ = written_bytes_;
}

void WorkerProcess::limit_run(double seconds) {
  run_deadline_ns_.store(deadline_ns(seconds), std::memory_order_relaxed);
}

void WorkerProcess::on_tick() {
  const int64_t now = now_ns();
  look_at_step(now);
  if (interrupt_.requested()) {
    kill_for(KillReason::kInterrupted);
  } else if (tend_tracer(now)) {
    // It is dying or being looked at.
  } else if (now >= step_deadline_ns_.load(std::memory_order_relaxed)) {
    on_wall_limit(KillReason::kStepWall);
  } else if (now >= run_deadline_ns_.load(std::memory_order_relaxed)) {
    on_wall_limit(KillReason::kWall);
  } else if (thread_count(pid_) > kTasksMax) {
    kill_for(KillReason::kThreads);
  } else if (has_ended()) {
    // What it has left behind may hold its pipes open, and the reader would wait for that.
    kill();
  } else if (++ticks_ % kTicksPerSample == 0) {
    sample_memory();
  }
  drain_output();
}

// Once in a step, some milliseconds after it began: a step that is done before costs nothing.
void WorkerProcess::look_at_step(int64_t now) {
  const int64_t deadline = step_deadline_ns_.load(std::memory_order_relaxed);
  if (deadline == kNever || now >= deadline) return;
  if (step_begin_ && step_begin_->deadline_ns == deadline) return;
  const std::scoped_lock lock(mutex_);
  if (reaped_) return;
  step_begin_ = {deadline, now, cpu_seconds(pid_), resident_bytes(pid_)};
}

void WorkerProcess::note_step_use() {
  const std::scoped_lock lock(mutex_);
  const int64_t deadline = step_deadline_ns_.load(std::memory_order_relaxed);
  if (reaped_ || end_.step_use || !step_begin_ || step_begin_->deadline_ns != deadline) return;
  const uint64_t rss = resident_bytes(pid_);
  end_.step_use = {static_cast<double>(now_ns() - step_begin_->ns) * 1e-9,
                   cpu_seconds(pid_) - step_begin_->cpu_s,
                   rss - std::min(rss, step_begin_->rss_bytes)};
}

// A hang is looked at before it is ended.
void WorkerProcess::on_wall_limit(KillReason reason) {
  note_step_use();
  {
    const std::scoped_lock lock(mutex_);
    if (!reaped_ && !has_ended() && tracer_.ask_for_hang()) {
      hang_reason_ = reason;
      tracer_deadline_ns_ = now_ns() + kHangGrace_ns;
      return;
    }
  }
  kill_for(reason);
}

// True while the tracer makes a report, which the limits must not cut short. Bounded.
bool WorkerProcess::tend_tracer(int64_t now) {
  std::unique_lock lock(mutex_);
  if (reaped_ || !tracer_.active() || has_ended()) return false;
  tracer_.poll();
  if (tracer_.fatal_signal()) {
    if (tracer_deadline_ns_ == kNever || hang_reason_ != KillReason::kNone) {
      hang_reason_ = KillReason::kNone;  // it died before it could be looked at
      tracer_deadline_ns_ = now + kFatalGrace_ns;
      // The last look at its size: it is stopped now, and will be gone next.
      const MemoryUse memory = memory_use(pid_);
      usage_.peak_rss_bytes = std::max(usage_.peak_rss_bytes, memory.peak_resident_bytes);
      end_.address_space_bytes = memory.address_space_bytes;
      end_.open_files = open_descriptors(pid_);
    }
    if (now >= tracer_deadline_ns_) {
      tracer_stuck_ = true;
      tracer_.end();
    }
    return true;
  }
  if (hang_reason_ == KillReason::kNone) return false;
  if (!tracer_.has_report() && !tracer_.gone() && now < tracer_deadline_ns_) return true;
  const KillReason reason = hang_reason_;
  lock.unlock();
  kill_for(reason);
  return true;
}

bool WorkerProcess::has_ended() const {
  pollfd ended{pidfd_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) != 0;
}

// The kernel forgets the size of a process when it ends, and what wait4() tells is spoilt by the
// size of recrank at the fork.
void WorkerProcess::sample_memory() {
  const std::scoped_lock lock(mutex_);
  if (reaped_) return;
  usage_.peak_rss_bytes = std::max(usage_.peak_rss_bytes, peak_resident_bytes(pid_));
  if (const uint64_t open = open_descriptors(pid_)) end_.open_files = open;
}

bool WorkerProcess::wait_ended(std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ended{pidfd_.get(), POLLIN, 0};
    const int wait_ms = static_cast<int>(std::max<int64_t>(left.count(), 0));
    const int ready = ::poll(&ended, 1, wait_ms);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw_errno("poll", errno);
  }
}

void WorkerProcess::kill_for(KillReason reason) {
  sample_memory();
  const std::scoped_lock lock(mutex_);
  if (reaped_) return;
  // One that has ended already was not ended by us.
  const bool hangs = hang_reason_ != KillReason::kNone && reason == KillReason::kAsked;
  if (reason_ == KillReason::kNone && !has_ended()) reason_ = hangs ? hang_reason_ : reason;
  // Until it is reaped, its number stays its own and that of its group.
  RECRANK_LOG(kDebug, "process", "killing", {"pid", pid_}, {"why", word_of(reason)});
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  ::kill(-pid_, SIGKILL);
  if (namespaces_) namespaces_->kill();  // what has left the group
}

const WorkerEnd& WorkerProcess::finish(std::chrono::milliseconds grace) {
  {
    const std::scoped_lock lock(mutex_);
    if (reaped_ || pid_ <= 0) return end_;
  }
  const bool at_once = grace == std::chrono::milliseconds(0);
  const bool by_itself = wait_ended(at_once ? grace : std::max(grace, closing_));
  kill();  // of one that has ended, what is left of its group
  if (!by_itself && !wait_ended(kTracerTimeout)) end_stuck_tracer();
  if (!by_itself && !wait_ended(kDeathTimeout)) {
    throw Error(ErrorCode::kIo, "the engine process cannot be killed: it sleeps in the kernel");
  }
  reap();
  drain_output();
  return end_;
}

// Threads that have ended stay until their tracer has heard of it.
void WorkerProcess::end_stuck_tracer() {
  const std::scoped_lock lock(mutex_);
  if (!tracer_.active()) return;
  tracer_stuck_ = true;
  tracer_.end();
}

pid_t WorkerProcess::try_reap(int& status, rusage& used) {
  const std::scoped_lock lock(mutex_);
  pid_t reaped = -1;
  while ((reaped = ::wait4(pid_, &status, tracer_.active() ? WNOHANG : 0, &used)) < 0 &&
         errno == EINTR) {
  }
  return reaped;
}

void WorkerProcess::reap() {
  int status = 0;
  rusage used{};
  // The end of a traced process is told to its tracer first.
  const auto patience = std::chrono::steady_clock::now() + kTracerTimeout;
  pid_t reaped = 0;
  while ((reaped = try_reap(status, used)) == 0) {
    if (std::chrono::steady_clock::now() >= patience) end_stuck_tracer();
    ::usleep(200);
  }
  const int error = errno;
  const std::scoped_lock lock(mutex_);
  reaped_ = true;
  if (namespaces_) namespaces_->end();
  if (reaped < 0) throw_errno("cannot learn how the engine ended", error);
  end_.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  end_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end_.reason = reason_;
  end_.by_itself = reason_ == KillReason::kNone;
  RECRANK_LOG(kInfo, "process", "ended", {"pid", pid_}, {"exit", end_.exit_status},
              {"signal", end_.signal}, {"killed", word_of(end_.reason)});
  take_report();
  usage_.cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  // What Linux reports here is at least the size of recrank itself when it forked.
  const uint64_t peak = static_cast<uint64_t>(used.ru_maxrss) * 1024;
  if (peak > own_rss_bytes_) usage_.peak_rss_bytes = std::max(usage_.peak_rss_bytes, peak);
  if (core_ && end_.signal != 0 && end_.by_itself) {
    end_.core = collect_core(*core_, directory_.path(), inner_pid_, WCOREDUMP(status));
  }
}

// Under the lock. Keeps a report that belongs to this end.
void WorkerProcess::take_report() {
  tracer_.end();
  if (tracer_stuck_ && end_.by_itself && tracer_.fatal_signal()) {
    end_.signal = *tracer_.fatal_signal();  // what it would have died of, had the tracer let it
    end_.capture_loss = "recrank-shim hung while it looked at the dying engine, and was ended";
    return;
  }
  const bool hung = reason_ == KillReason::kStepWall || reason_ == KillReason::kWall;
  if (!hung && (!end_.by_itself || end_.signal == 0)) return;
  if (end_.by_itself && end_.signal == SIGKILL && namespaces_ && namespaces_->died()) {
    end_.capture_loss = "the first process of its namespaces was killed, and the engine with it";
    return;
  }
  if (end_.by_itself && end_.signal == SIGKILL) {
    // No tracer sees that one come; but it may be the tracer's own end that brought it.
    if (tracer_.died_of() == 0) return;
    end_.capture_loss = "recrank-shim was killed by signal " + std::to_string(tracer_.died_of()) +
                        ", and the kernel ended the engine with it";
    return;
  }
  std::optional<CrashReport> report = tracer_.take_report();
  end_.capture_loss = tracer_.problem();
  if (!report) return;
  const bool of_a_hang = report->occasion == CrashOccasion::kHang;
  if (hung ? of_a_hang : !of_a_hang && report->fault.signal == end_.signal) {
    end_.report = std::move(report);
  } else {
    end_.capture_loss = "recrank-shim reported another end than this one";
  }
}

void WorkerProcess::drain_output() {
  const std::scoped_lock lock(mutex_);
  std::array<char, 8192> chunk;
  // Bounded: an engine that writes faster than this waits for the next tick.
  for (size_t taken = 0; taken < kTailBytesMax;) {
    const ssize_t got = ::read(output_.get(), chunk.data(), chunk.size());
    if (got <= 0) break;
    taken += static_cast<size_t>(got);
    tail_.append(chunk.data(), static_cast<size_t>(got));
    written_bytes_ += static_cast<uint64_t>(got);
  }
  if (tail_.size() > 2 * kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
}

WorkerUsage WorkerProcess::usage() const {
  const std::scoped_lock lock(mutex_);
  if (reaped_ || pid_ <= 0) return usage_;
  const MemoryUse memory = memory_use(pid_);
  return {cpu_seconds(pid_), std::max(memory.peak_resident_bytes, usage_.peak_rss_bytes),
          memory.resident_bytes, maps_files_ ? memory.data_bytes : memory.address_space_bytes};
}

WorkerOutput WorkerProcess::output() const {
  const std::scoped_lock lock(mutex_);
  const size_t kept = std::min(tail_.size(), kTailBytesMax);
  const size_t since = std::min<uint64_t>(kept, written_bytes_ - answered_bytes_);
  return {tail_.substr(tail_.size() - kept), tail_.substr(tail_.size() - since)};
}

}  // namespace recrank
