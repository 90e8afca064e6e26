// A Montana directory in a scratch place, and its replay.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/scratch_dir.h"
#include "replay/judge/replay.h"
#include "replay/montana/montana_engine.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank::montana {
namespace montana_engine_test {

namespace fs = std::filesystem;

inline ReplayRequest node_request() {
  ReplayRequest request;
  request.subject_id = "node";
  return request;
}

inline ReplayResult run(const Recording& recording, const ReplayRequest& request = node_request(),
                        const Interrupt& interrupt = {}) {
  const auto engine = make_montana_engine();
  return replay(recording, *engine, request, plan_replay(recording, request), interrupt, nullptr);
}

class ReplayedMontana : public testing::Test {
 protected:
  [[nodiscard]] fs::path place(const std::string& name = "node") const {
    return scratch_.path() / name;
  }
  [[nodiscard]] ReplayResult replayed(const ReplayRequest& request = node_request()) const {
    return run(*open_recording(place()), request);
  }
  ScratchDir scratch_;
};

}  // namespace montana_engine_test
}  // namespace recrank::montana
