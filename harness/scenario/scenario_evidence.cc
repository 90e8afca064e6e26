#include "harness/scenario/scenario_evidence.h"

#include "base/error.h"
#include "harness/request/choose.h"
#include "harness/request/option_check.h"
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
  evidence.call = {evidence.path.string(), scenario.options};
  if (scenario.checkpoint) {
    const std::filesystem::path state = find(*scenario.checkpoint);
    if (state.empty()) return evidence;
    evidence.call.options.set("checkpoint", state.string());
  }
  try {
    evidence.recording = open_evidence(evidence.call).recording;
    with_context([&] { return scenario.file; },
                 [&] { refuse_foreign_options(scenario.options, evidence.recording->info()); });
    if (scenario.checkpoint && scenario.reading) evidence.alone = open_recording(evidence.path);
  } catch (const Error& error) {
    evidence.recording.reset();
    evidence.missing = error.what();
  }
  return evidence;
}

}  // namespace recrank
