// Plans and runs a replay of vat v1 on fakes, and says what came of it in one line.
#pragma once

#include <string>

#include "replay/judge/replay.h"
#include "tests/support/replay/fake_engine.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {

inline ReplayRequest replay_request(OnDivergence on_divergence = OnDivergence::kStop) {
  ReplayRequest request;
  request.subject_id = "v1";
  request.on_divergence = on_divergence;
  return request;
}

inline ReplayResult run_replay(const FakeRecording& recording, const FakeEngine& engine,
                               const ReplayRequest& request = replay_request(),
                               const Interrupt& interrupt = {}) {
  return replay(recording, engine, request, plan_replay(recording, request), interrupt, nullptr);
}

inline std::string divergence_text(const Divergence& d) {
  std::string text = std::to_string(d.step) + " " + std::string(field_name(d));
  if (d.index) text += " " + std::to_string(*d.index);
  return text;
}

// "clean", "diverged 3: 3 syscall wrong 0, 5 result", "crashed 2 as recorded", …
inline std::string verdict_text(const Verdict& verdict) {
  std::string text(to_string(verdict.kind));
  if (verdict.step) text += " " + std::to_string(*verdict.step);
  if (verdict.as_recorded) text += " as recorded";
  for (size_t i = 0; i < verdict.divergences.size(); ++i) {
    text += (i == 0 ? ": " : ", ") + divergence_text(verdict.divergences[i]);
  }
  return text;
}

}  // namespace recrank
