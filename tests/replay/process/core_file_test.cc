// Core files: the machine's pattern in all its forms, and real ones where this machine writes them.

#include "replay/process/core_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "replay/agoric/xsnap_engine.h"
#include "replay/agoric/xsnap_probe.h"
#include "replay/process/containment.h"
#include "snapshot/agoric/dialect_names.h"
#include "tests/support/replay/fake_vat.h"

namespace recrank {
namespace core_file_test {

using namespace agoric;

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(CoreName, FollowsEveryFormOfThePattern) {
  EXPECT_TRUE(is_core_name({"core", false}, 12, "core"));
  EXPECT_FALSE(is_core_name({"core", false}, 12, "core.12"));
  EXPECT_TRUE(is_core_name({"core", true}, 12, "core.12"));
  EXPECT_FALSE(is_core_name({"core", true}, 12, "core.13"));
  EXPECT_TRUE(is_core_name({"core.%p", true}, 12, "core.12"));
  EXPECT_FALSE(is_core_name({"core.%p", true}, 12, "core.12.12"));
  EXPECT_TRUE(is_core_name({"/var/c/%e-%p-%t", false}, 12, "xsnap-worker-12-1700000000"));
  EXPECT_FALSE(is_core_name({"/var/c/%e-%p-%t", false}, 12, "xsnap-worker-13-1700000000"));
  EXPECT_TRUE(is_core_name({"100%%", false}, 12, "100%"));
  EXPECT_TRUE(is_core_name({"core%", false}, 12, "core"));
  EXPECT_FALSE(is_core_name({"[c]*", false}, 12, "core"));
  EXPECT_TRUE(is_core_name({"", true}, 12, ".12"));
}

TEST(CoreDirectory, IsTheWorkingDirectoryUnlessThePatternHasOne) {
  EXPECT_EQ(core_directory_of({"core.%p", false}, "/scratch"), "/scratch");
  EXPECT_EQ(core_directory_of({"/var/cores/%e.%p", false}, "/scratch"), "/var/cores/");
}

TEST(WhyNoCore, NamesThePipeAndWhatToSet) {
  const std::string why = why_no_core({"|/usr/lib/systemd/systemd-coredump %P", false});
  EXPECT_THAT(why, HasSubstr("systemd-coredump"));
  EXPECT_THAT(why, HasSubstr("swallows"));
  EXPECT_THAT(why, HasSubstr("sysctl kernel.core_pattern=core"));
  EXPECT_EQ(why.find('\n'), std::string::npos);
}

TEST(WhyNoCore, NamesWhatElseCannotWork) {
  EXPECT_THAT(why_no_core({"", false}), HasSubstr("is empty"));
  EXPECT_THAT(why_no_core({"/no/such/place/core", false}), HasSubstr("No such file"));
  EXPECT_THAT(why_no_core({"/var/%u/core", false}), HasSubstr("cannot be known"));
  EXPECT_THAT(why_no_core({"below/core", false}), HasSubstr("cannot be known"));
}

TEST(ProcessOfCore, TakesNothingElseForACore) {
  const ScratchDir scratch;
  const fs::path file = scratch.path() / "core";
  EXPECT_EQ(process_of_core(file), std::nullopt);
  std::ofstream(file) << "\x7f"
                         "ELF";
  EXPECT_EQ(process_of_core(file), std::nullopt);
  EXPECT_EQ(process_of_core("/proc/self/exe"), std::nullopt);
  EXPECT_EQ(process_of_core(scratch.path()), std::nullopt);
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(process_of_core(file), std::nullopt);
}

TEST(MoveCore, KeepsHolesAcrossFileSystems) {
  const ScratchDir scratch;
  const fs::path other = "/dev/shm";
  struct stat here {
  }, there{};
  if (::stat(other.c_str(), &there) != 0 || ::stat(scratch.path().c_str(), &here) != 0 ||
      here.st_dev == there.st_dev) {
    GTEST_SKIP() << "skipped: /dev/shm is not another file system here";
  }
  const fs::path from = other / ("recrank-core-test-" + std::to_string(::getpid()));
  const fs::path to = scratch.path() / "core";
  std::ofstream(from) << "head";
  fs::resize_file(from, 64 << 20);
  std::ofstream(from, std::ios::app) << "tail";
  move_core(from, to);
  EXPECT_FALSE(fs::exists(from));
  EXPECT_EQ(core_size(to).apparent_bytes, (64U << 20) + 4);
  EXPECT_LT(core_size(to).disk_bytes, 1U << 20);
  const std::string copied = read_small_file(to, 65 << 20);
  EXPECT_EQ(copied.substr(0, 4), "head");
  EXPECT_EQ(copied.substr(copied.size() - 4), "tail");
}

TEST(MoveCore, LeavesNothingOfACopyThatFailed) {
  const ScratchDir scratch;
  const fs::path from = scratch.path() / "core";
  std::ofstream(from) << "x";
  EXPECT_THROW(move_core(from, scratch.path() / "no" / "place"), Error);
  EXPECT_FALSE(fs::exists(scratch.path() / "no"));
}

// From here on with cores that this kernel writes.
class RealCore : public testing::Test {
 protected:
  void SetUp() override {
    const std::string why = why_no_core(CorePattern::of_system());
    if (!why.empty()) GTEST_SKIP() << "skipped: " << why;
  }

  // How a delivery ends on a worker that does `act`, with its core asked for.
  ProcessEnd end_of(const std::string& act) {
    const FakeWorkerHome home("{\"do\":[" + act + "]}");
    return end_on(home.path());
  }

  ProcessEnd end_on(const fs::path& engine_path) {
    Interrupt interrupt;
    const auto engine = make_xsnap_engine(probe_engine(engine_path, {}, interrupt));
    StartRequest request = usual_request(kXsnap2024);
    request.capture.mode = CaptureMode::kCore;
    request.capture.core_directory = kept_.path();
    const StartResult started = engine->start(std::move(request), interrupt);
    KeepingHandler handler;
    Step step;
    step.delivery = "[]";
    const StepOutcome outcome = started.run->apply(step, handler);
    const auto* const crashed = std::get_if<StepCrashed>(&outcome);
    return crashed != nullptr ? crashed->end : ProcessEnd{};
  }

  size_t kept_count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(kept_.path()), {}));
  }

  ScratchDir kept_;
};

TEST_F(RealCore, IsBroughtHomeAndIsOfTheProcessThatDied) {
  const ProcessEnd end = end_of(R"({"signal":11})");
  EXPECT_EQ(end.signal, SIGSEGV);
  ASSERT_FALSE(end.core.empty()) << end.core_missing;
  EXPECT_EQ(end.core.parent_path(), kept_.path());
  const auto process = process_of_core(end.core);
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(end.core.filename(), "core-" + std::to_string(*process));
  EXPECT_GT(core_size(end.core).apparent_bytes, 100'000U);
  EXPECT_EQ(kept_count(), 1U);
}

TEST_F(RealCore, IsNotMissedWhereTheProcessLeftByItself) {
  const ProcessEnd end = end_of(R"({"exit":15})");
  EXPECT_EQ(end.exit_status, 15);
  EXPECT_TRUE(end.core.empty());
  EXPECT_TRUE(end.core_missing.empty());
  EXPECT_EQ(kept_count(), 0U);
}

TEST_F(RealCore, IsExplainedWhereTheSignalLeavesNone) {
  const ProcessEnd end = end_of(R"({"signal":9})");
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_THAT(end.core_missing, HasSubstr("a signal that leaves no core"));
}

TEST_F(RealCore, IsKeptOfTheFirstCrashesOnly) {
  for (int i = 0; i < 16; ++i) std::ofstream(kept_.path() / std::to_string(i)) << "x";
  const ProcessEnd end = end_of(R"({"signal":6})");
  EXPECT_TRUE(end.core.empty());
  EXPECT_THAT(end.core_missing, HasSubstr("first 16"));
  EXPECT_EQ(kept_count(), 16U);
}

TEST_F(RealCore, IsExplainedWhereThePlaceToKeepItIsGone) {
  const FakeWorkerHome home(R"({"do":[{"signal":11}]})");
  fs::remove_all(kept_.path());
  const ProcessEnd end = end_on(home.path());
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_TRUE(end.core.empty());
  EXPECT_THAT(end.core_missing, HasSubstr("cannot"));
}

TEST_F(RealCore, SurvivesEveryTruncationOfItsHead) {
  const ProcessEnd end = end_of(R"({"signal":11})");
  ASSERT_FALSE(end.core.empty()) << end.core_missing;
  std::string bytes(8192, '\0');
  bytes.resize(read_some_at(open_for_read(end.core).get(), bytes.data(), bytes.size(), 0, "core"));
  const fs::path file = kept_.path() / "cut";
  for (size_t size = 0; size < bytes.size(); size += 61) {
    std::ofstream(file, std::ios::trunc) << bytes.substr(0, size);
    static_cast<void>(process_of_core(file));  // any answer, and no fault
    std::string flipped = bytes;
    flipped[size] = static_cast<char>(~flipped[size]);
    std::ofstream(file, std::ios::trunc) << flipped;
    static_cast<void>(process_of_core(file));
  }
}

// Only while a core is wanted may anything be written, and only in the scratch directory.
TEST_F(RealCore, OpensTheScratchDirectoryAndNothingElse) {
  const FakeWorkerHome home(R"({"do":[{"inspect":"write"}]})");
  Interrupt interrupt;
  const auto engine = make_xsnap_engine(probe_engine(home.path(), {}, interrupt));
  if (containment_had().landlock_abi == 0) GTEST_SKIP() << "skipped: this kernel has no Landlock";
  for (const CaptureMode mode : {CaptureMode::kNone, CaptureMode::kCore}) {
    StartRequest request = usual_request(kXsnap2024);
    request.capture.mode = mode;
    request.capture.core_directory = kept_.path();
    const StartResult started = engine->start(std::move(request), interrupt);
    KeepingHandler handler;
    Step step;
    step.delivery = "[]";
    const std::string outcome = text_of(started.run->apply(step, handler));
    EXPECT_EQ(outcome.find("allowed") != std::string::npos, mode == CaptureMode::kCore) << outcome;
  }
}

}  // namespace core_file_test
}  // namespace recrank
