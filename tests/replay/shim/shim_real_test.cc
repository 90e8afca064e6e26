// What the shim sees of the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "replay/agoric/xsnap_engine.h"
#include "replay/agoric/xsnap_probe.h"
#include "replay/process/crash_tracer.h"
#include "snapshot/agoric/dialect_names.h"
#include "tests/support/replay/fake_vat.h"

namespace recrank {
namespace shim_real_test {

using namespace agoric;

namespace fs = std::filesystem;
using testing::Contains;
using testing::Field;

const Interrupt kNoInterrupt;

class RealEngineUnderTheShim : public testing::Test {
 protected:
  // How a start of that engine ends under `limits`.
  static StepOutcome start(const char* name, const Limits& limits) {
    const fs::path path = fs::path(RECRANK_DATA_DIR) / "engines" / name;
    StartRequest request = usual_request(kXsnap2024);
    request.limits = limits;
    const auto engine = make_xsnap_engine(probe_engine(path, {}, kNoInterrupt));
    StartResult started = engine->start(std::move(request), kNoInterrupt);
    EXPECT_EQ(started.run, nullptr);
    return std::move(started.failure);
  }

  void SetUp() override {
    if (!fs::exists(fs::path(RECRANK_DATA_DIR) / "engines" / "xsnap-0.15.0")) {
      GTEST_SKIP() << "skipped: no engines; build third_party";
    }
    if (find_shim().empty()) GTEST_SKIP() << "skipped: there is no recrank-shim here";
  }
};

// The engine does not look at what mmap says.
CrashReport crash_without_memory(const StepOutcome& outcome) {
  const auto* const crashed = std::get_if<StepCrashed>(&outcome);
  if (crashed == nullptr || !crashed->end.report) {
    ADD_FAILURE() << text_of(outcome);
    return {};
  }
  return *crashed->end.report;
}

Limits small_memory() {
  Limits limits;
  limits.memory_bytes = 1040'000'000;
  return limits;
}

TEST_F(RealEngineUnderTheShim, NamesTheFunctionOfAnEngineWithoutDebugInformation) {
  const CrashReport report = crash_without_memory(start("xsnap-0.15.0", small_memory()));
  ASSERT_FALSE(report.fault.frames.empty());
  EXPECT_EQ(report.fault.frames[0].module, "xsnap-worker");
  EXPECT_EQ(report.fault.frames[0].function, "xsBuildAgent");
  EXPECT_EQ(report.fault.frames[0].build_id.size(), 40U);
  EXPECT_THAT(report.fault.frames, Contains(Field(&Frame::function, "main")));
}

TEST_F(RealEngineUnderTheShim, NamesTheLineOfAnEngineWithDebugInformation) {
  const CrashReport report = crash_without_memory(start("xsnap-0.15.0-debug", small_memory()));
  ASSERT_FALSE(report.fault.frames.empty());
  EXPECT_EQ(report.fault.frames[0].function, "xsBuildAgent");
  EXPECT_EQ(report.fault.frames[0].file, "xsnap-worker.c");
  EXPECT_GT(report.fault.frames[0].line, 0U);
}

TEST_F(RealEngineUnderTheShim, AStartThatTakesTooLongHasAStack) {
  Limits limits;
  limits.step_wall_s = 0.05;
  const StepOutcome outcome = start("xsnap-0.15.0", limits);
  const auto* const limit = std::get_if<StepLimit>(&outcome);
  ASSERT_NE(limit, nullptr) << text_of(outcome);
  ASSERT_TRUE(limit->end.report.has_value());
  EXPECT_EQ(limit->end.report->occasion, CrashOccasion::kHang);
  EXPECT_THAT(limit->end.report->fault.frames, Contains(Field(&Frame::function, "main")));
}

}  // namespace shim_real_test
}  // namespace recrank
