// A verdict just seen, as a scenario: the texts of its files. Pure functions, no files written.
#pragma once

#include <cstdint>
#include <string>

#include "base/json_fwd.h"
#include "harness/request/option_values.h"
#include "harness/session/replay_session.h"

namespace recrank {

// How a scenario names the engine that a verdict was seen on.
struct ScenarioEngineWords {
  std::string name;    // "xsnap-0.15.0"
  std::string engine;  // a path, from the scenario's directory; empty: the name says it
  std::string needs;   // how to come by it, for people
};

// What was seen, and what of it goes into the scenario.
struct SeenVerdict {
  std::string title;            // empty: the finding is
  std::string recording_file;   // "recording.crank", in the scenario's directory
  bool brings_options = false;  // it is a capsule, which says what bounded its replay
  std::string subject_id;
  ScenarioEngineWords engine;
  EngineIdentity identity;
  RecordingInfo source;                     // what was replayed
  StepRange range;                          // of it, in the scenario
  std::string begin;                        // "genesis", "snapshot@204"
  const SubjectSession* session = nullptr;  // of the replay; never null
};

// scenario.json (docs/formats/scenario.md): kind, step, field, limit and, of a crash, the signature
// are expected of that engine. Where only some of several runs met it, a rate: so many hits as a
// next call will have too (least_hits). `options` are those of the replay; what bounded or
// narrowed it goes along. kUnsupported for what a scenario cannot say: --trust-checkpoint, and a
// finding too rare for so few runs.
[[nodiscard]] Json new_scenario_json(const SeenVerdict& seen, const OptionValues& options);

// The most hits that `runs` further runs have in 99 of 100 cases, if the true rate is the lowest
// that `hits` of `runs` leave possible (95 %). 0: no number of hits can be asked for.
[[nodiscard]] uint64_t least_hits(uint64_t hits, uint64_t runs);

// README.md: the facts, how to run it and how to see it again, and room for the story.
[[nodiscard]] std::string new_scenario_readme(const SeenVerdict& seen, const OptionValues& options,
                                              const Json& scenario,
                                              const std::string& recording_sha256);

}  // namespace recrank
