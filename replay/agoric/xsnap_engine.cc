#include "replay/agoric/xsnap_engine.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/scratch_dir.h"
#include "replay/agoric/xsnap_run.h"
#include "replay/process/capture_command.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace {

class XsnapEngine : public Engine {
 public:
  explicit XsnapEngine(XsnapProgram program) : program_(std::move(program)) {}

  [[nodiscard]] const EngineIdentity& identity() const override { return program_.identity; }
  [[nodiscard]] std::span<const std::string_view> option_names() const override {
    static constexpr std::array kNames{kParserBuffer};
    return kNames;
  }
  [[nodiscard]] bool can_watch() const override { return true; }
  [[nodiscard]] std::optional<std::string> source_text(const Setup& setup,
                                                       std::string_view path) const override;
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override;

 private:
  void require_dialect(const std::string& recorded) const;
  [[nodiscard]] bool meter_spares_start(const StartRequest& request) const;
  [[nodiscard]] StartResult start_fresh(StartRequest& request, const Interrupt& interrupt) const;
  [[nodiscard]] std::unique_ptr<XsnapRun> spawn(StartRequest& request,
                                                const Interrupt& interrupt) const;

  XsnapProgram program_;
};

// The recorded bundle, else the engine's own: the recording knows what the vat really ran on.
std::optional<std::string> text_of(const Setup& setup, const NamedTexts& own,
                                   std::string_view what) {
  if (const std::string* recorded = setup.find(what))
    return bundle_source(*recorded, "the recorded " + std::string(what) + " bundle");
  return own.get(what);
}

std::string source_of(const Setup& setup, const NamedTexts& own, std::string_view what) {
  if (std::optional<std::string> text = text_of(setup, own, what)) return *std::move(text);
  throw Error(ErrorCode::kUnsupported, "neither the recording nor the engine has a " +
                                           std::string(what) +
                                           " bundle; put one beside the worker or give it with --" +
                                           std::string(what) + " FILE");
}

// nullopt: go on with the next stage.
std::optional<StartResult> failure_of(StepOutcome outcome, std::string_view stage) {
  RECRANK_LOG(kDebug, "agoric", "started", {"stage", stage},
              {"done", std::holds_alternative<StepDone>(outcome)});
  if (std::holds_alternative<StepDone>(outcome)) return std::nullopt;
  return StartResult{nullptr, std::move(outcome), std::string(stage)};
}

// What a fresh start needs comes through under the limit that the era's kernel gave.
bool XsnapEngine::meter_spares_start(const StartRequest& request) const {
  const auto asked = request.limits.computrons;
  return !asked || *asked == 0 || *asked >= program_.dialect->start_computrons;
}

StartRequest copy_of(const StartRequest& request) {
  StartRequest copy;
  copy.setup = request.setup;
  copy.dialect = request.dialect;
  copy.limits = request.limits;
  copy.aslr = request.aslr;
  copy.capture = request.capture;
  copy.options = request.options;
  return copy;
}

std::optional<std::string> XsnapEngine::source_text(const Setup& setup,
                                                    std::string_view path) const {
  if (is_path_of_vat(path)) {
    const std::string* bundle = setup.find(kVatBundle);
    return bundle == nullptr ? std::nullopt : module_of_bundle(*bundle, path);
  }
  for (const std::string_view what : {kSupervisor, kLockdown}) {
    const std::optional<std::string> program = text_of(setup, program_.sources, what);
    if (!program) continue;
    if (auto text = module_of_program(*program, path)) return text;
  }
  return std::nullopt;
}

void XsnapEngine::require_dialect(const std::string& recorded) const {
  if (program_.dialect->name == recorded) return;
  throw Error(ErrorCode::kUnsupported,
              "the recording is of " + recorded + ", but the engine " + program_.identity.name +
                  " speaks " + std::string(program_.dialect->name) + "; choose another engine");
}

std::unique_ptr<XsnapRun> XsnapEngine::spawn(StartRequest& request,
                                             const Interrupt& interrupt) const {
  const XsnapDialect& dialect = *program_.dialect;
  XsnapStart start{&dialect, request.limits, meter_limit(dialect, request)};
  WorkerCommand command;
  if (request.watch != nullptr) {
    start.watch = request.watch;
    if (auto text = text_of(request.setup, program_.sources, kSupervisor)) {
      start.lines = find_supervisor_lines(*text);
    }
    command.environment["XSBUG_HOST"] = "127.0.0.1:" + std::to_string(kXsbugPort);
    command.sandbox.network = SandboxNetwork::kLoopback;
    command.sockets.listening = {kXsbugPort};
  }
  command.program = program_.worker;
  command.arguments = worker_arguments(dialect, request, start.computrons);
  command.heap = std::move(request.heap);
  command.memory_bytes = request.limits.memory_bytes;
  command.cpu_s = request.limits.cpu_s;
  command.aslr = request.aslr;
  apply_capture(request.capture, command);
  return std::make_unique<XsnapRun>(std::move(command), start, interrupt);
}

StartResult XsnapEngine::start(StartRequest request, const Interrupt& interrupt) const {
  require_dialect(request.dialect);
  if (request.heap.valid()) {
    std::unique_ptr<XsnapRun> run = spawn(request, interrupt);
    if (auto failure = failure_of(run->await_loaded_heap(), "load heap")) {
      return *std::move(failure);
    }
    run->ready();
    return {std::move(run), {}, {}};
  }
  if (meter_spares_start(request)) return start_fresh(request, interrupt);
  // The meter counts what a worker does to become ready as if it were a delivery: 24 million
  // computrons for the bundles alone. It is the deliveries that a low limit is meant for, so such a
  // worker is made ready without one, and a second one goes on from its heap with it.
  StartRequest unmetered = copy_of(request);
  unmetered.limits.computrons = 0;
  unmetered.capture.recorder.reset();  // it records one process: the one that runs the steps
  StartResult ready = start_fresh(unmetered, interrupt);
  if (ready.run == nullptr) return ready;
  const ScratchDir scratch;
  request.heap = open_nameless(scratch.path());
  if (auto failure =
          failure_of(ready.run->write_checkpoint(request.heap.get()), "heap for the meter")) {
    return *std::move(failure);
  }
  ready.run.reset();
  return start(std::move(request), interrupt);
}

StartResult XsnapEngine::start_fresh(StartRequest& request, const Interrupt& interrupt) const {
  // All that can be missing is looked for before a process is started.
  const std::string lockdown = source_of(request.setup, program_.sources, kLockdown);
  const std::string supervisor = source_of(request.setup, program_.sources, kSupervisor);
  const std::string set_bundle = set_bundle_command(*program_.dialect, request.setup);

  std::unique_ptr<XsnapRun> run = spawn(request, interrupt);
  if (auto failure = failure_of(run->evaluate(lockdown), "lockdown")) return *std::move(failure);
  if (auto failure = failure_of(run->evaluate(supervisor), "supervisor")) {
    return *std::move(failure);
  }
  if (auto failure = failure_of(run->set_bundle(set_bundle), "setBundle")) {
    return *std::move(failure);
  }
  run->ready();
  return {std::move(run), {}, {}};
}

}  // namespace

std::unique_ptr<Engine> make_xsnap_engine(XsnapProgram program) {
  return std::make_unique<XsnapEngine>(std::move(program));
}

}  // namespace recrank::agoric
