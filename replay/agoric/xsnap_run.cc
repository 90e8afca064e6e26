// Format: docs/formats/xsnap-wire.md
#include "replay/agoric/xsnap_run.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/agoric/xsnap_reply.h"

namespace recrank::agoric {
namespace {

// How long a worker that has closed its answers may take to end: the kernel may have gigabytes to
// free.
constexpr std::chrono::seconds kEndGrace{5};
// A step may write this many times the largest frame before it counts as a flood.
constexpr uint64_t kStepFramesMax = 16;
constexpr size_t kShownBytes = 300;

std::string shown(std::string_view text) { return "'" + printable(text, kShownBytes) + "'"; }

}  // namespace

XsnapRun::XsnapRun(WorkerCommand command, const XsnapStart& start, const Interrupt& interrupt)
    : dialect_(*start.dialect),
      limits_(start.limits),
      computrons_(start.computrons),
      process_(std::move(command), interrupt),
      reader_(process_.reply_fd(), limits_.frame_bytes_max) {
  if (start.watch != nullptr) {
    debugger_ = std::make_unique<XsbugDebugger>(std::move(process_.take_sockets().front()),
                                                start.lines, *start.watch);
  }
  process_.limit_run(limits_.wall_s);
  process_.limit_step(limits_.step_wall_s);
}

void XsnapRun::ready() {
  process_.lift_step_limit();
  if (debugger_ != nullptr && !debugger_->is_connected()) {
    throw Error(ErrorCode::kUnsupported, kNoDebugger);
  }
}

StepOutcome XsnapRun::evaluate(std::string_view source) {
  return start_command({"e(", source, "\n)()"});
}

StepOutcome XsnapRun::set_bundle(std::string_view command_text) {
  StepOutcome outcome = start_command({command_text});
  const StepDone* const done = std::get_if<StepDone>(&outcome);
  if (done == nullptr || done->result == "[\"dispatchReady\"]") return outcome;
  return garbled("answered " + shown(done->result));
}

StepOutcome XsnapRun::await_loaded_heap() {
  // A worker that cannot say that it is ready is given something to do.
  if (!dialect_.answers_ready) return start_command({"enull"});
  if (!send({"R"})) return ended();
  const FrameStatus status = reader_.next();
  if (status != FrameStatus::kFrame) return lost(status);
  if (reader_.payload() != ".") return garbled("answered " + shown(reader_.payload()));
  return StepDone{};
}

StepOutcome XsnapRun::start_command(Parts parts) {
  StepOutcome outcome = command(parts, nullptr);
  const StepDone* const done = std::get_if<StepDone>(&outcome);
  if (done == nullptr || done->ok) return outcome;
  return garbled("answered " + shown(thrown_));
}

StepOutcome XsnapRun::apply(const Step& step, CallHandler& handler) {
  RECRANK_CHECK(step.kind == StepKind::kDelivery);
  process_.limit_step(limits_.step_wall_s);
  if (debugger_ != nullptr) debugger_->begin_step(step.number);
  StepOutcome outcome = command({"?[\"deliver\",", step.delivery, "]"}, &handler);
  if (debugger_ != nullptr) over_ ? debugger_->end() : debugger_->end_step();
  process_.lift_step_limit();
  StepDone* const done = std::get_if<StepDone>(&outcome);
  if (done == nullptr) return outcome;
  if (exceeds_meter(*done)) return meter_exceeded(*done->computrons);
  if (!done->ok) return outcome;
  const std::optional<bool> ok = delivery_was_ok(done->result);
  if (!ok) return garbled("answered a delivery with " + shown(done->result));
  done->ok = *ok;
  return outcome;
}

// A worker looks at its meter now and then only, so a delivery that costs a little more than -l may
// be answered. Of a limit that is recorded the recorded worker did the same; one that the user gave
// is one that he means.
bool XsnapRun::exceeds_meter(const StepDone& done) const {
  const uint64_t limit = limits_.computrons.value_or(0);
  return limit != 0 && done.computrons.value_or(0) > limit;
}

StepOutcome XsnapRun::meter_exceeded(uint64_t used) {
  over_ = true;
  process_.kill();
  process_.finish(std::chrono::milliseconds(0));
  return StepLimit{LimitKind::kComputrons,
                   std::to_string(*limits_.computrons) + " computrons",
                   std::to_string(used),
                   {}};
}

RunCost XsnapRun::cost() const {
  const WorkerUsage usage = process_.usage();
  return {usage.cpu_s, usage.peak_rss_bytes, usage.rss_bytes, usage.address_space_bytes};
}

// Sends one command and hears the worker out.
StepOutcome XsnapRun::command(Parts parts, CallHandler* handler) {
  RECRANK_CHECK(!over_);
  if (const size_t excess = reader_.pending_bytes(); excess > 0) {
    return garbled("wrote " + std::to_string(excess) + " bytes behind its last answer");
  }
  if (!send(parts)) return ended();
  return converse(handler);
}

bool XsnapRun::send(Parts parts) {
  return write_netstring(process_.command_fd(), parts) == WriteStatus::kWritten;
}

StepOutcome XsnapRun::converse(CallHandler* handler) {
  const uint64_t bytes_before = reader_.total_bytes();
  for (uint64_t calls = 0;; ++calls) {
    const FrameStatus status = reader_.next();
    if (status != FrameStatus::kFrame) return lost(status);
    if (flooded(calls, bytes_before)) return flood(calls);
    const std::string_view payload = reader_.payload();
    if (payload.empty()) return garbled("an empty frame");
    const std::string_view text = payload.substr(1);
    switch (payload.front()) {
      case '?':
        if (std::optional<StepOutcome> end = answer_upcall(text, handler)) return *std::move(end);
        break;
      case '.': return judge_answer(text);
      case '!': return judge_thrown(text);
      default: return garbled("an answer of no known kind: " + shown(payload));
    }
  }
}

// nullopt: answered, go on.
std::optional<StepOutcome> XsnapRun::answer_upcall(std::string_view text, CallHandler* handler) {
  const Upcall upcall = parse_upcall(text);
  std::string_view answer;
  switch (upcall.kind) {
    case UpcallKind::kSyscall: {
      if (handler == nullptr) return garbled("a system call before the first delivery");
      if (debugger_ != nullptr) debugger_->note_call(upcall.argument);
      const std::optional<std::string_view> decided = handler->on_call(upcall.argument);
      if (!decided) {
        over_ = true;
        process_.kill();
        process_.finish(std::chrono::milliseconds(0));
        return StepStopped{};
      }
      answer = *decided;
      break;
    }
    case UpcallKind::kConsole:
      if (handler != nullptr) handler->on_console(console_text(text));
      answer = "[\"ok\"]";
      break;
    case UpcallKind::kTestLog: answer = "[\"OK\"]"; break;
    case UpcallKind::kUnknown: return garbled("a call of no known kind: " + shown(text));
  }
  if (!send({dialect_.answer_prefix, answer})) return ended();
  return std::nullopt;
}

StepOutcome XsnapRun::judge_answer(std::string_view text) {
  std::string problem;
  const std::optional<CommandReply> reply = parse_command_reply(text, problem);
  if (!reply) return garbled(std::move(problem));
  return StepDone{true, reply->result, reply->computrons, reply->meter};
}

StepOutcome XsnapRun::judge_thrown(std::string_view text) {
  thrown_ = "[\"!\"," + json_quote(text) + "]";
  return StepDone{false, thrown_, std::nullopt, {}};
}

bool XsnapRun::flooded(uint64_t calls, uint64_t bytes_before) const {
  return calls > limits_.calls_max ||
         reader_.total_bytes() - bytes_before > kStepFramesMax * limits_.frame_bytes_max;
}

StepOutcome XsnapRun::flood(uint64_t calls) {
  over_ = true;
  process_.kill();
  process_.finish(std::chrono::milliseconds(0));
  if (calls > limits_.calls_max) {
    return StepLimit{LimitKind::kFlood,
                     format_count(limits_.calls_max) + " calls in one step",
                     format_count(calls),
                     {}};
  }
  return StepLimit{LimitKind::kFlood,
                   format_bytes(kStepFramesMax * limits_.frame_bytes_max) + " in one step",
                   "",
                   {}};
}

StepOutcome XsnapRun::garbled(std::string what) {
  over_ = true;
  process_.kill();
  process_.finish(std::chrono::milliseconds(0));
  return StepGarbled{std::move(what)};
}

// The answers ended or lost their framing.
StepOutcome XsnapRun::lost(FrameStatus status) {
  if (status != FrameStatus::kEnd && status != FrameStatus::kTorn)
    return garbled(reader_.problem());
  StepOutcome outcome = ended();
  const StepCrashed* const crashed = std::get_if<StepCrashed>(&outcome);
  // One that leaves in peace with half an answer written did not die of it.
  if (status == FrameStatus::kTorn && crashed != nullptr && crashed->end.signal == 0 &&
      crashed->end.exit_status == 0) {
    return StepGarbled{reader_.problem()};
  }
  return outcome;
}

StepOutcome XsnapRun::ended() {
  over_ = true;
  const WorkerEnd& end = process_.finish(kEndGrace);
  return outcome_of_end(end, process_.usage(), process_.output(), limits_,
                        XsnapExits(computrons_, limits_.memory_bytes));
}

}  // namespace recrank::agoric
