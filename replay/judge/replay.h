// One stream of steps on one engine -> one verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/perturbation.h"
#include "replay/telemetry.h"
#include "replay/verdict.h"
#include "snapshot/recording.h"

namespace recrank {

enum class OnDivergence { kStop, kContinue };

// What is to be replayed and how.
struct ReplayRequest {
  std::string subject_id;
  std::optional<uint64_t>
      from;                    // first step of interest; default: the earliest that can be reached
  std::optional<uint64_t> to;  // last step, inclusive; default: the last recorded one
  bool from_genesis = false;   // else: the nearest available checkpoint at or before `from`
  OnDivergence on_divergence = OnDivergence::kStop;
  CompareOptions compare;
  Limits limits;
  bool aslr = true;
  EngineOptions options;
  CaptureOptions capture;
  Perturbation perturbation;
  // Start from heap snapshots whose bytes are not those that their hash promises: to study damage.
  SnapshotTrust snapshot_trust = SnapshotTrust::kHash;
  uint64_t run = 0;  // which of several runs of it this is: for observers
  // One step of which the source lines are to be told; belongs to the caller.
  SourceWatch* watch = nullptr;
  // What the user knows better, or where the recording has nothing; laid over its Setup. Only a
  // fresh engine is told it, so with it no replay begins with a state that has its own inside.
  Setup user_setup;
};

// The checkpoints that a run of the request may begin with.
[[nodiscard]] std::vector<Checkpoint> startable_checkpoints(const Recording& recording,
                                                            const ReplayRequest& request);
[[nodiscard]] inline bool needs_fresh_engine(const ReplayRequest& request) {
  return !request.user_setup.empty();
}

// The range and checkpoint that a request comes to, before anything runs.
struct ReplayPlan {
  StepRange range;        // all steps that will run
  Checkpoint checkpoint;  // where the first engine starts
};

// What a request asks for: all that there is, but for what it names.
[[nodiscard]] StepRange asked_steps(const ReplayRequest& request);

// Chooses checkpoint and range. kUsage when the request asks for steps that are not held or cannot
// be reached from any checkpoint; the text says which can. kUsage also for a text of the user's
// that no fresh engine of the range would be told. kInvalidData when steps that it asks for were
// lost.
[[nodiscard]] ReplayPlan plan_replay(const Recording& recording, const ReplayRequest& request);

// The places inside a plan where it can be cut into parts that run side by side: the available heap
// snapshots and beginnings of incarnations. Each part starts from its own checkpoint.
[[nodiscard]] std::vector<ReplayPlan> split_plan(const Recording& recording,
                                                 const std::string& subject_id,
                                                 const ReplayPlan& plan, size_t parts_max);

// The views are valid during the call that hands this over.
struct ConsoleLine {
  std::string_view subject_id;
  uint64_t run = 0;  // ReplayRequest::run
  uint64_t step = 0;
  std::string_view text;  // untrusted
};

// Told about every step as it is done. Called from the thread of the replay, and from several at
// once where several replays share one.
class ReplayObserver {
 public:
  virtual ~ReplayObserver() = default;
  virtual void on_step(const StepTelemetry& step) = 0;
  // The delivery that ends the replay: with the engine's death, a limit, a difference.
  virtual void on_last_step(const StepTelemetry& /*step*/) {}
  // What the subject prints, as it does.
  virtual void on_console(const ConsoleLine& /*line*/) {}
  // Whether StepTelemetry::cost and ::meter are to be filled for this step.
  [[nodiscard]] virtual bool wants_cost(uint64_t /*step*/) const { return false; }
};

// A program that a fresh engine was told beside its own binary, and by whose word.
struct ToldBundle {
  std::string name;  // "supervisor"
  std::string sha256;
  std::string whose;  // "recorded", "given", "the engine's"
  friend bool operator==(const ToldBundle&, const ToldBundle&) = default;
};

struct ReplayResult {
  ReplayPlan plan;
  Verdict verdict;
  // The verdict ended it before its last step: what comes later in the history was not looked at.
  bool ended = false;
  uint64_t deliveries = 0;  // that were begun
  ComparedCounts compared;
  std::vector<std::string> left_out;      // narrowed away by CompareOptions: "computrons"
  std::vector<std::string> not_recorded;  // facts that the recording does not hold in this range
  // What a fresh worker was told although neither recording nor user said so: the live kernel's
  // defaults, "vatParameters {}", and the engine's bundles with the sha256 of each.
  std::vector<std::string> assumed;
  std::vector<ToldBundle> bundles;  // of all fresh engines, each once; none behind a heap
  std::string perturbed;  // what the request's perturbation came to: "3 reloads"; empty: nothing
  // It ended in a heap that nobody recorded being written or loaded, not in a step.
  bool ended_in_perturbation = false;
  ReplayCost cost;
};

// Runs the plan. Everything that is found is in the result; only a failure of the machine or of the
// request is thrown. Damaged evidence met on the way becomes kUnjudged with its place, and so does
// an engine that lacks what the steps need.
// Clean means: every step of the range ran, at least one fact was compared, and all were equal.
[[nodiscard]] ReplayResult replay(const Recording& recording, const Engine& engine,
                                  const ReplayRequest& request, const ReplayPlan& plan,
                                  const Interrupt& interrupt, ReplayObserver* observer);

// The results of a split plan's parts, in order, as the result of the whole. Parts behind one that
// ended count for nothing but their cost; a part that had nothing to compare (one that holds only
// marks) does not make the whole unjudged. wall_s is the sum; the caller knows what ran side by
// side.
[[nodiscard]] ReplayResult join_parts(const std::vector<ReplayResult>& parts);

}  // namespace recrank
