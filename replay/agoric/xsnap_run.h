// One conversation with one xsnap worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/interrupt.h"
#include "replay/agoric/netstring.h"
#include "replay/agoric/xsbug_debugger.h"
#include "replay/agoric/xsnap_dialect.h"
#include "replay/agoric/xsnap_exit.h"
#include "replay/engine.h"
#include "replay/process/worker_process.h"

namespace recrank::agoric {

// What a worker is started with; see WorkerCommand for the rest.
struct XsnapStart {
  const XsnapDialect* dialect = nullptr;
  Limits limits;
  std::optional<uint64_t> computrons;  // its -l
  // With a watch the command has a socket that listens on kXsbugPort.
  SourceWatch* watch = nullptr;
  std::optional<SupervisorLines> lines = {};
};

class XsnapRun : public Run {
 public:
  // Starts the process; every command that follows counts into one step until ready().
  XsnapRun(WorkerCommand command, const XsnapStart& start, const Interrupt& interrupt);

  // The commands of a start. StepDone with ok = true when the worker did what it was asked.
  [[nodiscard]] StepOutcome evaluate(std::string_view source);  // "(source\n)()"
  [[nodiscard]] StepOutcome set_bundle(std::string_view command);
  [[nodiscard]] StepOutcome await_loaded_heap();
  // From here on each step has its own time.
  // kUnsupported for one that is to be watched and cannot be.
  void ready();

  StepOutcome apply(const Step& step, CallHandler& handler) override;
  StepOutcome write_snapshot(std::string& sha256) override;
  StepOutcome write_checkpoint(int file) override;
  [[nodiscard]] RunCost cost() const override;

 private:
  using Parts = std::initializer_list<std::string_view>;

  StepOutcome command(Parts parts, CallHandler* handler);
  StepOutcome start_command(Parts parts);
  StepOutcome converse(CallHandler* handler);
  [[nodiscard]] bool send(Parts parts);
  [[nodiscard]] bool exceeds_meter(const StepDone& done) const;
  StepOutcome meter_exceeded(uint64_t used);
  [[nodiscard]] bool flooded(uint64_t calls, uint64_t bytes_before) const;
  StepOutcome flood(uint64_t calls);
  StepOutcome judge_answer(std::string_view text);
  StepOutcome judge_thrown(std::string_view text);
  std::optional<StepOutcome> answer_upcall(std::string_view text, CallHandler* handler);
  StepOutcome take_heap(std::string& sha256, int copy);
  StepOutcome judge_heap(StepOutcome answer, uint64_t bytes);
  StepOutcome garbled(std::string what);
  StepOutcome lost(FrameStatus status);
  StepOutcome ended();

  const XsnapDialect& dialect_;
  const Limits limits_;
  const std::optional<uint64_t> computrons_;
  std::unique_ptr<XsbugDebugger> debugger_;  // ends behind the process
  WorkerProcess process_;
  NetstringReader reader_;
  std::string thrown_;  // owner of a result that had to be put together
  bool over_ = false;   // the process is gone
};

}  // namespace recrank::agoric
