#include "harness/scenario/scenario_evidence.h"

#include "base/error.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "snapshot/open/open_recording.h"

namespace recrank {

ScenarioEvidence open_evidence(const Scenario& scenario, const RecordingStore& store,
                               const Interrupt& interrupt) {
  ScenarioEvidence evidence;
  const auto find = [&](const ScenarioRecording& recording) {
    FoundRecording found = store.find(recording, scenario, interrupt);
    evidence.missing = std::move(found.missing);
    evidence.interrupted = found.path.empty() && (found.interrupted || interrupt.requested());
    return found.path;
  };
  evidence.path = find(scenario.recording);
  if (evidence.path.empty()) return evidence;
  evidence.words = {evidence.path.string()};
  evidence.words.insert(evidence.words.end(), scenario.options.begin(), scenario.options.end());
  if (scenario.checkpoint) {
    const std::filesystem::path state = find(*scenario.checkpoint);
    if (state.empty()) return evidence;
    evidence.words.insert(evidence.words.end(), {"--checkpoint", state.string()});
  }
  try {
    ArgumentSpec spec = replay_spec();
    evidence.recording = open_evidence(Arguments::parse(spec, evidence.words)).recording;
    if (scenario.checkpoint && scenario.reading) evidence.alone = open_recording(evidence.path);
  } catch (const Error& error) {
    evidence.recording.reset();
    evidence.missing = error.what();
  }
  return evidence;
}

}  // namespace recrank
