// What a scenario rests on, opened: its recording, and the state to begin from of another.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/interrupt.h"
#include "harness/request/replay_options.h"
#include "harness/scenario/scenario_recording.h"
#include "snapshot/recording.h"

namespace recrank {

struct ScenarioEvidence {
  std::filesystem::path path;            // of the recording
  ReplayCall call;                       // of it, as all cases have it in common
  std::unique_ptr<Recording> recording;  // to be replayed; null: `missing` says why
  std::unique_ptr<Recording> alone;  // without the state of another, where that makes a difference
  std::string missing;
  bool interrupted = false;

  // What `reading` is about.
  [[nodiscard]] const Recording& read() const { return alone ? *alone : *recording; }
};

// Finds what is kept and makes what is not. What cannot be had or opened is a value.
[[nodiscard]] ScenarioEvidence open_evidence(const Scenario& scenario, const RecordingStore& store,
                                             const Interrupt& interrupt);

}  // namespace recrank
