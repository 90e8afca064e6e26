#include "replay/process/end_of_process.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "replay/crash/last_words.h"
#include "replay/crash/own_limit.h"
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

// kill(getpid(), SIGTERM): whatever the signal, nobody else sent it.
bool sent_itself(const WorkerEnd& end) {
  return end.report && end.report->occasion == CrashOccasion::kDeath &&
         end.report->cause().sent_by_itself;
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

// How often it got the processor in the step, and what it took meanwhile.
HangPace pace_of(const StepUse& use) {
  constexpr double kLeastWall_s = 0.1;   // what is shorter tells nothing
  constexpr double kIdleShare = 0.02;    // timers and a collector in the background use less
  constexpr uint64_t kGrown = 64 << 20;  // more than a runtime takes by and by
  if (use.wall_s < kLeastWall_s) return HangPace::kUnknown;
  if (use.cpu_s < kIdleShare * use.wall_s) return HangPace::kIdle;
  return use.grown_bytes >= kGrown ? HangPace::kGrowing : HangPace::kBusy;
}

ProcessEnd process_end(const WorkerEnd& end, const WorkerOutput& output, const ExitReader& exits) {
  ProcessEnd result;
  result.exit_status = end.exit_status;
  result.signal = end.signal;
  result.meaning = end.signal != 0 ? signal_name(end.signal) : exits.meaning(end.exit_status);
  result.report = end.report;
  result.sent =
      end.signal != 0 && (was_sent(end) || (!is_own_fault(end.signal) && !sent_itself(end)));
  if (!result.report && !end.capture_loss.empty()) result.report = lost_report(end);
  const std::string& text = output.since_answer.empty() ? output.all : output.since_answer;
  const size_t last = text.find_last_not_of(" \r\n");
  const std::string_view words = std::string_view(text).substr(0, last + 1);
  const size_t from = words.size() - std::min(words.size(), kLastWordsBytes);
  result.last_words = printable(words.substr(from));
  result.words_of_before = output.since_answer.empty() && !words.empty();
  if (end.signal == 0 && !result.words_of_before) {
    ExitReader::Told told = exits.told(end.exit_status, words);
    result.death = std::move(told.death);
    result.last_line = std::move(told.last_line);
  }
  if (end.step_use) result.pace = pace_of(*end.step_use);
  result.core = end.core.file;
  result.core_missing = end.core.missing;
  return result;
}

// In words, since two runs of one hang never use the same; empty: it was not looked at.
std::string used_in_step(const WorkerEnd& end) {
  switch (end.step_use ? pace_of(*end.step_use) : HangPace::kUnknown) {
    case HangPace::kIdle: return "next to no CPU: it waited";
    case HangPace::kBusy: return "CPU: it computed";
    case HangPace::kGrowing: return "CPU, and more and more memory";
    case HangPace::kUnknown: break;
  }
  return "";
}

std::optional<StepLimit> limit_of_kill(const WorkerEnd& end, const WorkerUsage& usage,
                                       const Limits& limits) {
  if (end.reason == KillReason::kStepWall) {
    return StepLimit{
        LimitKind::kStepWall, format_seconds(limits.step_wall_s), used_in_step(end), {}};
  }
  if (end.reason == KillReason::kWall) {
    return StepLimit{LimitKind::kWall, format_seconds(limits.wall_s), "", {}};
  }
  if (end.reason == KillReason::kThreads) {
    return StepLimit{LimitKind::kThreads, format_count(kTasksMax) + " threads", "", {}};
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

ExitReader::Told ExitReader::told(int status, std::string_view words) const {
  if (auto death = parse_program_death(words, status)) return {std::move(death), ""};
  // One that leaves with status 0 did not mean to tell of a failure.
  return {std::nullopt, status == 0 ? "" : steady_last_line(words)};
}

std::string format_seconds(double seconds) { return formatted(seconds, "%.10g s"); }

StepOutcome outcome_of_end(const WorkerEnd& end, const WorkerUsage& usage,
                           const WorkerOutput& output, const Limits& limits,
                           const ExitReader& exits) {
  if (end.reason == KillReason::kInterrupted) return StepInterrupted{};
  ProcessEnd process = process_end(end, output, exits);
  const LimitTraces traces{end.open_files_max, end.open_files, limits.memory_bytes,
                           end.address_space_bytes};
  process.own_limit = own_limit(traces, output.since_answer);
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
