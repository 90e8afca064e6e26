// Runs a selection of the recorded deliveries of a vat, a program or a node on an engine, from a
// checkpoint, without holding anything against the recording: calls are answered by what is known
// of their answers. What the subject then does is whatever it does; only how its engine ends
// counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/judge/replay.h"
#include "replay/known_answers.h"
#include "snapshot/made_step.h"
#include "snapshot/recording.h"

namespace recrank {

// The steps of a history that can be left out, and those that cannot.
struct FreeItems {
  std::vector<uint64_t> forced;  // what makes a fresh worker the subject: a vat's startVat
  std::vector<uint64_t> items;   // deliveries, and saves of the heap, each of which also collects
};

// Of the steps from the checkpoint to `last`, inclusive. kUnsupported when another incarnation
// begins in between: its steps do not depend on the worker before it.
[[nodiscard]] FreeItems free_items(const Recording& recording, const ReplayRequest& request,
                                   const Checkpoint& checkpoint, uint64_t last,
                                   const Interrupt& interrupt);

// The checkpoints that a free run to `last` may begin at, the nearest first: the heap snapshot or
// the tables before it, then the beginning of its incarnation; nothing that is behind a gap, or
// begun from only when it is asked for. With request.from_genesis the beginning only; with
// request.from only what a replay would choose.
[[nodiscard]] std::vector<Checkpoint> free_run_starts(const Recording& recording,
                                                      const ReplayRequest& request, uint64_t last);

// Shared by all runs of one history; several threads may run at once.
struct FreeRunContext {
  const Recording& recording;
  const Engine& engine;
  const ReplayRequest& request;  // limits, capture and setup; its range is not looked at
  const Checkpoint& checkpoint;
  const KnownAnswers& known;
};

enum class FreeRunEnd {
  kRan,           // all steps ran, the worker lives
  kFinding,       // `verdict`: the worker died or met a limit
  kUnanswerable,  // `reason`: a call has no sound answer, or something from outside ended the
                  // worker
  kInterrupted,
};

struct FreeRunResult {
  FreeRunEnd end = FreeRunEnd::kRan;
  Verdict verdict;     // with kFinding; its step is the number in the recording
  std::string reason;  // one of few, so that they can be counted
  uint64_t steps_run = 0;
};

// `steps`: sorted numbers behind the checkpoint. `observed`, unless null: what each step did, the
// one with the finding included. Of a vat that is all; of others the answers and facts of steps
// that have recorded ones, since more may differ from run to run. Throws what Engine::start and the
// recording throw.
[[nodiscard]] FreeRunResult free_run(const FreeRunContext& context,
                                     const std::vector<uint64_t>& steps, const Interrupt& interrupt,
                                     std::vector<MadeStep>* observed);

}  // namespace recrank
