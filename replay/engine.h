// The seam between a replay and the program that executes steps.
//
// Engine = one build of a program; Run = one process of it that has a subject loaded. An engine is
// hostile: whatever it writes is parsed as untrusted, and it always runs under Limits. An engine
// that is part of recrank itself (its identity's sha256 is then recrank's own) runs in no process;
// what it reads is as untrusted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "base/interrupt.h"
#include "replay/crash/capture.h"
#include "replay/crash/process_end.h"
#include "replay/limits.h"
#include "replay/source_watch.h"
#include "snapshot/recording.h"
#include "snapshot/step.h"

namespace recrank {

struct EngineIdentity {
  std::string name;     // what the user calls it
  std::string sha256;   // of the worker binary: this identifies it
  std::string version;  // "xsnap 0.15.0 (XS 13.3.0)"
  std::string dialect;  // "xsnap-2024"
  // What belongs to it beside its program, by name, with the sha256 of each: "lockdown".
  std::vector<std::pair<std::string, std::string>> parts;
  [[nodiscard]] std::string part_sha256(std::string_view part) const;  // empty: it has none
  // Of a program (process_engine.h): what it is started with, as far as it decides what it does.
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> files;        // of its arguments; sha256 of each
  std::vector<std::pair<std::string, std::string>> environment;  // by name
  std::string network;                                           // "loopback"; empty: none
};

// Decides, while a step runs, what the engine's calls are answered with.
class CallHandler {
 public:
  virtual ~CallHandler() = default;
  // `call` is JSON as the engine wrote it and untrusted. Returns the JSON answer (valid until the
  // next call), or nullopt to end the step here.
  [[nodiscard]] virtual std::optional<std::string_view> on_call(std::string_view call) = 0;
  // Something that the subject printed in the step, without a line end; untrusted.
  virtual void on_console(std::string_view /*text*/) {}
};

enum class LimitKind {
  kComputrons,
  kStack,
  kMemory,
  kKeys,
  kStepWall,
  kWall,
  kCpu,
  kThreads,
  kFlood
};
[[nodiscard]] std::string_view to_string(LimitKind kind);
// The engine's own limits end a step at the same place every time. The others (time, calls) are
// recrank's: that they were met says nothing against what is recorded.
[[nodiscard]] bool is_engine_limit(LimitKind kind);

// What one step did. Exactly one of these:
struct StepDone {  // the engine answered
  bool ok = true;  // its own word: ["ok",…]
  // Raw JSON, valid until the next apply. A delivery that threw past the supervisor has no result
  // of its own; it gives ok = false and ["!",TEXT], without computrons.
  std::string_view result = {};
  std::optional<uint64_t> computrons = {};
  std::string_view meter = {};  // the engine's own figures, JSON, as long as `result`; or empty
  // Those that it computes or tells, in any order, as long as `result`. One that is recorded and
  // not here was not looked at, and the report says so.
  std::span<const NamedFact> facts = {};
  // Whose answer it is, where that of an earlier step has only come now: a transaction answers at
  // its end for all that was queued.
  std::optional<uint64_t> of_step = {};
};
struct StepStopped {};  // the CallHandler ended it
struct StepCrashed {    // the process died, not by a limit
  ProcessEnd end;
};
struct StepLimit {
  LimitKind kind = LimitKind::kWall;
  std::string value;  // "100000000 computrons", "5 s": what the limit was
  std::string used;   // "" where it cannot be known
  ProcessEnd end;
};
struct StepGarbled {        // it broke the protocol; the process was killed
  std::string what;         // "frame length '12x4' is not a number"
};                          // At start also: "answered '!SyntaxError: …'"
struct StepInterrupted {};  // Ctrl-C
using StepOutcome =
    std::variant<StepDone, StepStopped, StepCrashed, StepLimit, StepGarbled, StepInterrupted>;

// What a process has used so far, for reports.
struct RunCost {
  double engine_cpu_s = 0;
  uint64_t engine_peak_rss_bytes = 0;
  // As it is now; 0 when the process is gone.
  uint64_t engine_rss_bytes = 0;
  uint64_t engine_address_space_bytes = 0;
};

// One engine process. One thread. The destructor ends the process and everything it started.
class Run {
 public:
  virtual ~Run() = default;
  // Executes a kDelivery step. After any outcome but StepDone the process is gone, and apply must
  // not be called again. Throws kUnsupported for a step that is outside of what the engine can do:
  // the replay is then unjudged with that text.
  [[nodiscard]] virtual StepOutcome apply(const Step& step, CallHandler& handler) = 0;
  // Writes the heap and gives its sha256 in `sha256` when the outcome is StepDone.
  [[nodiscard]] virtual StepOutcome write_snapshot(std::string& sha256) = 0;
  // Writes the heap into `file`, for StartRequest::heap of another process.
  [[nodiscard]] virtual StepOutcome write_checkpoint(int file) = 0;
  // After the last step of the range, when each was done: what the program says at its end. Throws
  // kInvalidData when that contradicts what it said of the steps: the replay is then unjudged.
  [[nodiscard]] virtual StepOutcome finish() { return StepDone{}; }
  [[nodiscard]] virtual RunCost cost() const = 0;
};

// Options of one kind of engine, by the names of the command line: "parser-buffer". An engine that
// does not know one refuses it.
using EngineOptions = NamedTexts;

struct StartRequest {
  Setup setup;
  std::string dialect;     // of the recording
  StepRange range;         // the steps that are going to be applied; empty: not known beforehand
  UniqueFd heap;           // valid: start from this raw heap, or these packed tables; else a fresh
                           // worker from `setup`
  std::string heap_label;  // "v6-204-79e5…", shown in the engine's argv
  Limits limits;           // computrons hold for deliveries; a start may take more
  bool aslr = true;        // false: personality(ADDR_NO_RANDOMIZE)
  CaptureOptions capture;
  EngineOptions options;
  // What is to be told of one step's source lines, by an engine of which can_watch() holds.
  SourceWatch* watch = nullptr;
};

// Either a Run that is ready for its first step, or how the start failed.
struct StartResult {
  std::unique_ptr<Run> run;
  StepOutcome failure = {};  // when run is null
  std::string stage = {};    // with a failure: "lockdown", "setBundle", "load heap"
};

// Thread rule: start() may be called from several threads at once.
class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual const EngineIdentity& identity() const = 0;
  // One line for people on what the steps of `range` are going to cost, where they should know
  // before it begins; empty: nothing unusual.
  [[nodiscard]] virtual std::string cost_ahead(const Recording& /*recording*/,
                                               const std::string& /*subject_id*/,
                                               StepRange /*range*/,
                                               const EngineOptions& /*options*/) const {
    return {};
  }
  // The names of the options that it knows.
  [[nodiscard]] virtual std::span<const std::string_view> option_names() const { return {}; }
  // Whether its runs can tell where the subject's own source stands (StartRequest::watch).
  [[nodiscard]] virtual bool can_watch() const { return false; }
  // The source text, as it runs, of a path in what they tell; nullopt: neither the setup nor the
  // engine has it. kInvalidData for a setup that is damaged.
  [[nodiscard]] virtual std::optional<std::string> source_text(const Setup& /*setup*/,
                                                               std::string_view /*path*/) const {
    return std::nullopt;
  }
  // Throws kUnsupported when the setup lacks something that neither recording nor engine has, or
  // when the engine does not speak the dialect; kWorker when it cannot be spawned at all.
  // The run looks at `interrupt` until it is destroyed, so a temporary is refused.
  [[nodiscard]] virtual StartResult start(StartRequest request,
                                          const Interrupt& interrupt) const = 0;
  StartResult start(StartRequest request, const Interrupt&& interrupt) const = delete;
};

}  // namespace recrank
