// What a shrink came to, as JSON ("recrank.shrink/1") and as text.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "harness/shrink/shrink_session.h"
#include "replay/engine.h"
#include "snapshot/recording.h"

namespace recrank {

struct ShrinkReportInput {
  const Recording& recording;
  const EngineIdentity& engine;
  const ShrinkRequest& request;
  const ShrinkResult& result;
};

[[nodiscard]] Json shrink_json(const ShrinkReportInput& input);
[[nodiscard]] std::string shrink_text(const ShrinkReportInput& input);
// That of the capsule's verdict; 125 when nothing was proven, 130 when interrupted.
[[nodiscard]] int shrink_exit_status(const ShrinkResult& result);

}  // namespace recrank
