#include "replay/process/end_of_process.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "replay/crash/signal_words.h"

namespace recrank {
namespace {

constexpr size_t kLastWordsBytes = 2000;

// Signals that a program brings upon itself. Any other was sent: by a person, by the kernel when
// memory ran out, by recrank.
bool is_own_fault(int number) {
  constexpr std::array kOwn{SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGTRAP,
                            SIGSYS,  SIGABRT, SIGPIPE, SIGXCPU, SIGXFSZ};
  return std::find(kOwn.begin(), kOwn.end(), number) != kOwn.end();
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

ProcessEnd process_end(const WorkerEnd& end, const std::string& output, const ExitReader& exits) {
  ProcessEnd result;
  result.exit_status = end.exit_status;
  result.signal = end.signal;
  result.meaning = end.signal != 0 ? signal_name(end.signal) : exits.meaning(end.exit_status);
  result.report = end.report;
  result.sent = end.signal != 0 && (!is_own_fault(end.signal) || was_sent(end));
  if (!result.report && !end.capture_loss.empty()) result.report = lost_report(end);
  const size_t last = output.find_last_not_of(" \r\n");
  const std::string_view words = std::string_view(output).substr(0, last + 1);
  const size_t from = words.size() - std::min(words.size(), kLastWordsBytes);
  result.last_words = printable(words.substr(from));
  if (end.signal == 0) result.js_death = exits.death(words);
  result.core = end.core.file;
  result.core_missing = end.core.missing;
  return result;
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

std::string ExitReader::meaning(int status) const {
  if (status == 0) return "left without an answer";
  // How shells and npm pass on the signal that ended their child.
  constexpr int kShellSignal = 128;
  if (status > kShellSignal && ::sigabbrev_np(status - kShellSignal) != nullptr) {
    return "as a shell tells of " + signal_name(status - kShellSignal);
  }
  return "it ended itself";
}

std::optional<StepLimit> ExitReader::limit(int /*status*/) const { return std::nullopt; }

std::optional<JsDeath> ExitReader::death(std::string_view last_words) const {
  return parse_js_death(last_words);
}

std::string format_seconds(double seconds) { return formatted(seconds, "%.10g s"); }

StepOutcome outcome_of_end(const WorkerEnd& end, const WorkerUsage& usage,
                           const std::string& output, const Limits& limits,
                           const ExitReader& exits) {
  if (end.reason == KillReason::kInterrupted) return StepInterrupted{};
  ProcessEnd process = process_end(end, output, exits);
  std::optional<StepLimit> limit = limit_of_kill(end, usage, limits);
  if (!limit && end.by_itself && end.signal == 0) limit = exits.limit(end.exit_status);
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
