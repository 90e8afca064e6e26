// Format: docs/formats/journal.md, "As a replay uses it"
#include "replay/program/process_run.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"

namespace recrank::program {
namespace {

// How long a program that has closed its answers may take to end: a runtime that reports its own
// crash takes its time, and the kernel may have gigabytes to free.
constexpr std::chrono::seconds kEndGrace{5};
constexpr size_t kShownLineBytes = 300;

}  // namespace

ProcessRun::ProcessRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt)
    : ProgramRun(std::move(command), limits, interrupt),
      wire_(process_.command_fd(), process_.reply_fd(), limits.frame_bytes_max) {}

StepOutcome ProcessRun::apply(const Step& step, CallHandler&) {
  RECRANK_CHECK(step.kind == StepKind::kDelivery);
  RECRANK_CHECK(!over_);
  if (const size_t excess = wire_.pending_bytes(); excess > 0) {
    return garbled("wrote " + format_count(excess) + " bytes behind its one line for an event");
  }
  process_.limit_step(limits_.step_wall_s);
  StepOutcome outcome = judge(wire_.exchange(step.delivery));
  process_.lift_step_limit();
  return outcome;
}

StepOutcome ProcessRun::judge(LineStatus status) {
  switch (status) {
    case LineStatus::kLine: return StepDone{true, wire_.line(), std::nullopt, {}};
    case LineStatus::kOversized:
      return garbled("wrote more than " + format_bytes(limits_.frame_bytes_max) +
                     " without the end of a line");
    case LineStatus::kEnd:
    case LineStatus::kTorn: break;
  }
  over_ = true;
  StepOutcome outcome = ended(kEndGrace);
  const auto* const crashed = std::get_if<StepCrashed>(&outcome);
  // One that leaves in peace with half an answer written did not die of it.
  if (status == LineStatus::kTorn && crashed != nullptr && crashed->end.signal == 0 &&
      crashed->end.exit_status == 0) {
    return StepGarbled{"left within a line: '" + printable(wire_.rest(), kShownLineBytes) + "'"};
  }
  return outcome;
}

StepOutcome ProcessRun::garbled(std::string what) {
  over_ = true;
  return ProgramRun::garbled(std::move(what));
}

}  // namespace recrank::program
