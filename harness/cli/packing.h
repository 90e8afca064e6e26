// What goes into a capsule, from the replay that shows the verdict to the bundles of its engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/arguments.h"
#include "harness/cli/command.h"
#include "harness/engines/engine_registry.h"
#include "harness/session/replay_session.h"
#include "snapshot/capsule/capsule_writer.h"

namespace recrank {

// What is known of a capsule before it is written. Refers to what it is begun with.
struct Packing {
  const Recording& recording;
  const Arguments& arguments;
  const EngineRegistry& registry;
  std::unique_ptr<Engine> engine;  // null: none was needed
  ReplayRequest base;              // with the subject
  CapsuleRequest request;
  std::vector<std::string> notes;  // for standard error
  std::optional<SubjectSession> session;
};

// Chooses the subject; kUsage where the call leaves it open.
[[nodiscard]] Packing begin_packing(const Recording& recording, const Arguments& arguments,
                                    const EngineRegistry& registry);

// --engine, else the one that suits the recording.
void choose_engine(Packing& packing);

// Replays the range `runs` times and takes up to the finding, and the finding. False: interrupted.
// kUnsupported for a replay that cannot be judged; `remedy` is what else can be done then.
[[nodiscard]] bool see_verdict(Packing& packing, Context& context, size_t runs = 1,
                               const std::string& remedy = "");

// Takes the range as it is asked for, its hashes checked, without replaying it.
void take_plan(Packing& packing);

// The setups, the engine and the options; after either of the two above.
void collect(Packing& packing);

}  // namespace recrank
