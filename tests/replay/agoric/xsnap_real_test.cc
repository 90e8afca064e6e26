// The real engine, where it has been built: third_party/README.md tells how.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "replay/agoric/netstring.h"
#include "replay/agoric/xsnap_engine.h"
#include "replay/agoric/xsnap_probe.h"
#include "replay/process/worker_process.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/replay/fake_vat.h"

namespace recrank::agoric {
namespace xsnap_real_test {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

const Interrupt kNoInterrupt;

// A vat whose root has no methods.
constexpr const char* kPingBundle =
    R"s({"moduleFormat":"getExport","sourceMap":"","source":"function getExport() { 'use strict'; )s"
    R"s(return { buildRootObject: () => harden({}) }; }"})s";

class RealEngine : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const fs::path path = fs::path(RECRANK_DATA_DIR) / "engines" / GetParam();
    if (!fs::exists(path / "xsnap-worker")) {
      GTEST_SKIP() << path << " is not there: build third_party";
    }
    program_ = probe_engine(path, {}, kNoInterrupt);
  }

  [[nodiscard]] static StartRequest request() {
    StartRequest request = usual_request(kXsnap2024);
    request.setup.set(kVatBundle, kPingBundle);
    return request;
  }

  [[nodiscard]] std::unique_ptr<Engine> engine() const { return make_xsnap_engine(program_); }

  static std::string start_vat(recrank::Run& run) {
    KeepingHandler handler;
    Step step;
    step.delivery = R"(["startVat",{"body":"#{}","slots":[]}])";
    return text_of(run.apply(step, handler));
  }

  XsnapProgram program_;
};

INSTANTIATE_TEST_SUITE_P(All, RealEngine, testing::Values("xsnap-0.15.0", "xsnap-0.15.0-debug"),
                         [](const auto& test) {
                           return std::string(test.param) == "xsnap-0.15.0" ? "Release" : "Debug";
                         });

TEST_P(RealEngine, IsIdentified) {
  EXPECT_EQ(program_.identity.dialect, "xsnap-2024");
  EXPECT_EQ(program_.identity.version, "xsnap 0.15.0 (XS 13.3.0)");
  EXPECT_EQ(program_.identity.sha256.size(), 64U);
  // What a kernel sent is 591,990 and 1,093,988 bytes with the "e(" and "\n)()" around them.
  EXPECT_EQ(program_.sources.find(kLockdown)->size() + 6, 591'990U);
  EXPECT_EQ(program_.sources.find(kSupervisor)->size() + 6, 1'093'988U);
}

TEST_P(RealEngine, StartsAndRepeatsItself) {
  std::string first;
  for (const bool aslr : {true, false}) {
    StartRequest start = request();
    start.aslr = aslr;
    const StartResult started = engine()->start(std::move(start), kNoInterrupt);
    ASSERT_NE(started.run, nullptr) << started.stage << ": " << text_of(started.failure);
    const std::string outcome = start_vat(*started.run);
    EXPECT_THAT(outcome, StartsWith("done "));
    if (first.empty()) first = outcome;
    EXPECT_EQ(outcome, first);
    EXPECT_GT(started.run->cost().engine_cpu_s, 0.1);
    EXPECT_GT(started.run->cost().engine_peak_rss_bytes, 30U << 20);
  }
}

TEST_P(RealEngine, WritesTheSameHeapAgainAndLoadsIt) {
  const StartResult started = engine()->start(request(), kNoInterrupt);
  ASSERT_NE(started.run, nullptr) << text_of(started.failure);
  std::string before;
  std::string after;
  EXPECT_THAT(text_of(started.run->write_snapshot(before)), StartsWith("done ok"));
  EXPECT_THAT(text_of(started.run->write_snapshot(after)), StartsWith("done ok"));
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(before, after);
}

// Drives the worker by hand to get at the bytes of the heap.
UniqueFd heap_of(const XsnapProgram& program, const fs::path& directory) {
  WorkerCommand command;
  command.program = program.worker;
  command.memory_bytes = Limits().memory_bytes;
  command.cpu_s = 60;
  WorkerProcess process(std::move(command), kNoInterrupt);
  process.limit_step(60);
  NetstringReader reader(process.reply_fd(), 1 << 20);
  UniqueFd heap = open_nameless(directory);
  std::atomic<bool> answered = false;
  std::thread drain([&] {
    std::vector<char> chunk(1 << 20);
    for (bool last = false; !last;) {
      last = answered;
      ssize_t got = 0;
      while ((got = ::read(process.snapshot_fd(), chunk.data(), chunk.size())) > 0) {
        write_all(heap.get(), {chunk.data(), static_cast<size_t>(got)}, "heap");
      }
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(
      write_netstring(process.command_fd(),
                      {"eglobalThis.handleCommand = () => ({ result: "
                       "new TextEncoder().encode('[\"ok\",\"from the heap\",null]').buffer })"}),
      WriteStatus::kWritten);
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(write_netstring(process.command_fd(), {"w@7"}), WriteStatus::kWritten);
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  answered = true;
  drain.join();
  return heap;
}

TEST_P(RealEngine, StartsFromAHeap) {
  const ScratchDir scratch;
  const UniqueFd heap = heap_of(program_, scratch.path());
  for (int i = 0; i < 2; ++i) {
    StartRequest start = request();
    start.heap = UniqueFd(::dup(heap.get()));
    start.heap_label = "v1-1-cafe";
    const StartResult started = engine()->start(std::move(start), kNoInterrupt);
    ASSERT_NE(started.run, nullptr) << started.stage << ": " << text_of(started.failure);
    EXPECT_THAT(start_vat(*started.run), HasSubstr(R"(["ok","from the heap",null])"));
  }
}

TEST_P(RealEngine, MetersDeliveriesAndNotItsStart) {
  StartRequest start = request();
  start.limits.computrons = 1000;  // the start takes 24 million, and is none of a limit's business
  const StartResult started = engine()->start(std::move(start), kNoInterrupt);
  ASSERT_NE(started.run, nullptr) << started.stage << ": " << text_of(started.failure);
  EXPECT_EQ(start_vat(*started.run), "limit computrons 1000 computrons");
}

// A real native crash that needs only a local limit: the engine does not look at what mmap says.
TEST_P(RealEngine, CrashesWithoutAddressSpace) {
  StartRequest start = request();
  start.limits.memory_bytes = 1000ULL << 20;
  const StartResult started = engine()->start(std::move(start), kNoInterrupt);
  ASSERT_EQ(started.run, nullptr);
  EXPECT_EQ(started.stage, "lockdown");
  EXPECT_EQ(text_of(started.failure), "crashed SIGSEGV");
}

TEST_P(RealEngine, EndsAtItsWallLimit) {
  StartRequest start = request();
  start.limits.step_wall_s = 0.05;
  const StartResult started = engine()->start(std::move(start), kNoInterrupt);
  ASSERT_EQ(started.run, nullptr);
  EXPECT_EQ(text_of(started.failure), "limit step-wall 0.05 s");
}

TEST_P(RealEngine, StartsInSeveralThreadsAtOnce) {
  const std::unique_ptr<Engine> shared = engine();
  std::vector<std::string> outcomes(4);
  std::vector<std::thread> threads;
  for (std::string& outcome : outcomes) {
    threads.emplace_back([&] {
      const StartResult started = shared->start(request(), kNoInterrupt);
      outcome = started.run ? start_vat(*started.run) : text_of(started.failure);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& outcome : outcomes) EXPECT_EQ(outcome, outcomes.front());
  EXPECT_THAT(outcomes.front(), StartsWith("done "));
}

}  // namespace xsnap_real_test
}  // namespace recrank::agoric
