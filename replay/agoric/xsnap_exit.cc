#include "replay/agoric/xsnap_exit.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kLastWordsBytes = 2000;

// The worker's exit statuses. Source: xsnap-worker.c, enum ExitCode.
enum ExitStatus : int {
  kSuccess = 0,
  kBadUsage = 1,
  kIoError = 2,
  kNotEnoughMemory = 11,
  kStackOverflow = 12,
  kUnhandledException = 15,
  kNoMoreKeys = 16,
  kTooMuchComputation = 17,
  kUnknownError = 255,
};

std::string exit_meaning(int status) {
  switch (status) {
    case kSuccess: return "left without an answer";
    case kBadUsage: return "bad usage";
    case kIoError: return "I/O error";
    case kNotEnoughMemory: return "memory full";
    case kStackOverflow: return "stack overflow";
    case kUnhandledException: return "unhandled exception";
    case kNoMoreKeys: return "not enough keys";
    case kTooMuchComputation: return "too much computation";
    case kUnknownError: return "unknown error";
    default: return "exit status " + std::to_string(status);
  }
}

std::string signal_name(int number) {
  const char* const name = ::sigabbrev_np(number);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(number);
}

// Signals that a program brings upon itself. Any other was sent: by a person, by the kernel when
// memory ran out, by recrank.
bool is_own_fault(int number) {
  constexpr std::array kOwn{SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGTRAP,
                            SIGSYS,  SIGABRT, SIGPIPE, SIGXCPU, SIGXFSZ};
  return std::find(kOwn.begin(), kOwn.end(), number) != kOwn.end();
}

// Of a program that gives its exit statuses what meaning it likes.
std::string plain_exit_meaning(int status) {
  if (status == kSuccess) return "left without an answer";
  // How shells and npm pass on the signal that ended their child.
  constexpr int kShellSignal = 128;
  if (status > kShellSignal && ::sigabbrev_np(status - kShellSignal) != nullptr) {
    return "as a shell tells of " + signal_name(status - kShellSignal);
  }
  return "it ended itself";
}

// A fault signal that another process has sent is none of the engine's faults, also where a handler
// of the engine has made another signal of it.
bool was_sent(const WorkerEnd& end) {
  if (!end.report || end.report->occasion != CrashOccasion::kDeath) return false;
  const Fault& fault = end.report->cause();
  return fault.sender.has_value() && !fault.sent_by_itself;
}

// Nobody looked: what is left is the signal, and why.
CrashReport lost_report(const WorkerEnd& end) {
  CrashReport report;
  const bool hung = end.reason == KillReason::kStepWall || end.reason == KillReason::kWall;
  report.occasion = hung ? CrashOccasion::kHang : CrashOccasion::kDeath;
  report.fault.signal = hung ? 0 : end.signal;
  report.losses = {end.capture_loss};
  return report;
}

ProcessEnd process_end(const WorkerEnd& end, const std::string& output, bool xsnap_exits) {
  ProcessEnd result;
  result.exit_status = end.exit_status;
  result.signal = end.signal;
  result.meaning = end.signal != 0 ? signal_name(end.signal)
                   : xsnap_exits   ? exit_meaning(end.exit_status)
                                   : plain_exit_meaning(end.exit_status);
  result.report = end.report;
  result.sent = end.signal != 0 && (!is_own_fault(end.signal) || was_sent(end));
  if (!result.report && !end.capture_loss.empty()) result.report = lost_report(end);
  const size_t last = output.find_last_not_of(" \r\n");
  const std::string_view words = std::string_view(output).substr(0, last + 1);
  const size_t from = words.size() - std::min(words.size(), kLastWordsBytes);
  result.last_words = printable(words.substr(from));
  if (!xsnap_exits && end.signal == 0) result.js_death = parse_js_death(words);
  result.core = end.core.file;
  result.core_missing = end.core.missing;
  return result;
}

std::optional<StepLimit> limit_of_exit(int status, const WorkerBounds& bounds) {
  switch (status) {
    case kTooMuchComputation:
      if (!bounds.computrons) return std::nullopt;
      return StepLimit{
          LimitKind::kComputrons, std::to_string(*bounds.computrons) + " computrons", "", {}};
    case kNotEnoughMemory:
      return StepLimit{LimitKind::kMemory,
                       "the engine's own 2 GiB of heap, or " +
                           format_bytes(bounds.limits.memory_bytes) + " of address space",
                       "",
                       {}};
    case kStackOverflow: return StepLimit{LimitKind::kStack, "the engine's own stack", "", {}};
    case kNoMoreKeys: return StepLimit{LimitKind::kKeys, "the engine's own table of names", "", {}};
    default: return std::nullopt;
  }
}

std::optional<StepLimit> limit_of_kill(const WorkerEnd& end, const WorkerUsage& usage,
                                       const Limits& limits) {
  if (end.reason == KillReason::kStepWall) {
    return StepLimit{LimitKind::kStepWall, format_seconds(limits.step_wall_s), "", {}};
  }
  if (end.reason == KillReason::kWall) {
    return StepLimit{LimitKind::kWall, format_seconds(limits.wall_s), "", {}};
  }
  const bool spent = usage.cpu_s >= static_cast<double>(limits.cpu_s);
  if (end.signal == SIGXCPU || (end.signal == SIGKILL && end.by_itself && spent)) {
    return StepLimit{LimitKind::kCpu,
                     std::to_string(limits.cpu_s) + " s of CPU",
                     format_seconds(usage.cpu_s),
                     {}};
  }
  return std::nullopt;
}

}  // namespace

std::string format_seconds(double seconds) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.10g s", seconds);
  return text.data();
}

StepOutcome outcome_of_end(const WorkerEnd& end, const WorkerUsage& usage,
                           const std::string& output, const WorkerBounds& bounds) {
  if (end.reason == KillReason::kInterrupted) return StepInterrupted{};
  ProcessEnd process = process_end(end, output, bounds.xsnap_exits);
  std::optional<StepLimit> limit = limit_of_kill(end, usage, bounds.limits);
  const bool may_tell = bounds.xsnap_exits && end.by_itself && end.signal == 0;
  if (!limit && may_tell) limit = limit_of_exit(end.exit_status, bounds);
  if (limit) {
    limit->end = std::move(process);
    return *std::move(limit);
  }
  if (end.reason == KillReason::kAsked) {
    return StepGarbled{"it closed its end of the answers and lived on"};
  }
  return StepCrashed{std::move(process)};
}

}  // namespace recrank
