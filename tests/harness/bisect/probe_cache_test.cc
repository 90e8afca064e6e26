#include "harness/bisect/probe_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/scratch_dir.h"
#include "harness/session/replay_fingerprint.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace probe_cache_test {

using namespace agoric;

using testing::HasSubstr;

BisectRun crashed(uint64_t step = 7) {
  BisectRun run;
  run.ended = true;
  run.verdict.kind = VerdictKind::kCrashed;
  run.verdict.step = step;
  run.verdict.signature = "SIGSEGV null fxMark<main";
  run.verdict.as_recorded = true;
  run.verdict.end.signal = SIGSEGV;
  run.verdict.end.meaning = "SIGSEGV";
  return run;
}

BisectRun diverged() {
  BisectRun run;
  run.ended = true;
  run.verdict.kind = VerdictKind::kDiverged;
  run.verdict.step = 3;
  run.verdict.divergences = {{3, Field::kSyscallWrong, 2, "[\"a\"]", "[\"b\"]"}};
  run.verdict.divergence_count = 1;
  return run;
}

BisectRun limited() {
  BisectRun run;
  run.ended = true;
  run.verdict.kind = VerdictKind::kLimit;
  run.verdict.step = 3;
  run.verdict.limit = met_limit(LimitKind::kMemory, "1 GiB");
  return run;
}

BisectRun clean() {
  BisectRun run;
  run.verdict.kind = VerdictKind::kClean;
  run.verdict.lived_on = LivedOn{9, 2, R"(["send","o-1"])"};
  return run;
}

std::filesystem::path only_file(const std::filesystem::path& directory) {
  return directory / "q.json";
}

TEST(ProbeCache, GivesBackWhatWasFoundAsItWas) {
  const ScratchDir scratch;
  ProbeCache first(scratch.path() / "new" / "bisect");
  for (const BisectRun& each : {crashed(), diverged(), limited(), clean()})
    first.add("q", "k", each);
  first.save();
  ProbeCache second(scratch.path() / "new" / "bisect");
  const std::vector<BisectRun>& runs = second.runs("q", "k");
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(verdict_text(runs[0].verdict), "crashed 7 as recorded");
  EXPECT_EQ(runs[0].verdict.signature, crashed().verdict.signature);
  EXPECT_EQ(runs[0].verdict.end.signal, SIGSEGV);
  EXPECT_EQ(verdict_text(runs[1].verdict), "diverged 3: 3 syscall wrong 2");
  EXPECT_EQ(runs[2].verdict.limit->kind, LimitKind::kMemory);
  EXPECT_EQ(runs[3].verdict.kind, VerdictKind::kClean);
  EXPECT_FALSE(runs[3].ended);
  ASSERT_TRUE(runs[3].verdict.lived_on);
  EXPECT_EQ(runs[3].verdict.lived_on->step, 9U);
  EXPECT_EQ(runs[3].verdict.lived_on->calls, 2U);
  EXPECT_EQ(runs[3].verdict.lived_on->first_call, R"(["send","o-1"])");
  EXPECT_TRUE(second.runs("q", "other engine").empty());
  EXPECT_TRUE(second.runs("other question", "k").empty());
  EXPECT_TRUE(second.notes().empty());
}

TEST(ProbeCache, DoesNotKeepWhatTellsNothing) {
  const ScratchDir scratch;
  ProbeCache cache(scratch.path());
  BisectRun run;
  run.ended = true;
  run.verdict.kind = VerdictKind::kUnjudged;
  cache.add("q", "k", run);
  cache.save();
  EXPECT_FALSE(std::filesystem::exists(only_file(scratch.path())));
}

TEST(ProbeCache, AnyDamageOfItsFileCostsOnlyTheProbes) {
  const ScratchDir scratch;
  ProbeCache made(scratch.path());
  for (const BisectRun& each : {crashed(), diverged(), limited()}) made.add("q", "k", each);
  made.save();
  const std::string whole = [&] {
    std::ifstream in(only_file(scratch.path()));
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  for (size_t length = 0; length + 2 < whole.size(); length += 7) {
    std::ofstream(only_file(scratch.path())) << whole.substr(0, length);
    ProbeCache cache(scratch.path());
    EXPECT_TRUE(cache.runs("q", "k").empty()) << length;
    EXPECT_EQ(cache.notes().size(), 1U) << length;
  }
  for (
      const char* text :
      {"[]", "{}", R"({"schema":"recrank.bisect-cache/1","question":"x","engines":{}})",
       R"({"schema":"recrank.bisect-cache/1","question":"q","engines":{"k":[{"kind":"crashed","ended":true}]}})",
       R"({"schema":"recrank.bisect-cache/1","question":"q","engines":{"k":[{"kind":"odd","ended":true}]}})",
       R"({"schema":"recrank.bisect-cache/1","question":"q","engines":{"k":7}})"}) {
    std::ofstream(only_file(scratch.path())) << text;
    ProbeCache cache(scratch.path());
    EXPECT_TRUE(cache.runs("q", "k").empty()) << text;
    ASSERT_EQ(cache.notes().size(), 1U) << text;
    cache.add("q", "k", clean());
    cache.save();
    ProbeCache mended(scratch.path());
    EXPECT_EQ(mended.runs("q", "k").size(), 1U) << text;
  }
}

TEST(ProbeCache, TwoAtOnceLoseNothingOfEachOther) {
  const ScratchDir scratch;
  const auto work = [&](const std::string& key) {
    ProbeCache cache(scratch.path());
    for (int i = 0; i < 20; ++i) {
      cache.add("q", key, crashed());
      cache.add("q", "both", clean());
      cache.save();
    }
  };
  std::thread other([&] { work("b"); });
  work("a");
  other.join();
  ProbeCache cache(scratch.path());
  EXPECT_EQ(cache.runs("q", "a").size(), 20U);
  EXPECT_EQ(cache.runs("q", "b").size(), 20U);
  EXPECT_EQ(cache.runs("q", "both").size(), 40U);
  EXPECT_TRUE(cache.notes().empty());
}

TEST(ProbeCache, ADirectoryThatCannotBeWrittenIsANote) {
  ProbeCache cache("/proc/nonexistent/bisect");
  EXPECT_TRUE(cache.runs("q", "k").empty());
  cache.add("q", "k", clean());
  cache.save();
  ASSERT_EQ(cache.notes().size(), 1U);
  EXPECT_THAT(cache.notes().front(), HasSubstr("nothing is kept"));
}

std::string fingerprint(const FakeRecording& recording,
                        const ReplayRequest& request = replay_request()) {
  return replay_fingerprint(recording, request, plan_replay(recording, request), {});
}

TEST(ReplayFingerprint, FollowsTheContentAndNotThePath) {
  FakeRecording recording;
  recording.add_deliveries(5);
  const std::string before = fingerprint(recording);
  recording.mutable_info().path = "elsewhere";
  EXPECT_EQ(fingerprint(recording), before);
  const auto changed = [&](const auto& change) {
    FakeRecording other;
    other.add_deliveries(5);
    change(other);
    return fingerprint(other) != before;
  };
  EXPECT_TRUE(changed([](FakeRecording& r) { r.step(3).computrons = 7; }));
  EXPECT_TRUE(changed([](FakeRecording& r) { r.step(3).calls[0].answer = "[]"; }));
  EXPECT_TRUE(changed([](FakeRecording& r) { r.step(3).calls[0].call = "[]"; }));
  EXPECT_TRUE(changed([](FakeRecording& r) { r.step(3).delivery = "[]"; }));
  EXPECT_TRUE(changed([](FakeRecording& r) { r.step(4).status.reset(); }));
  EXPECT_TRUE(changed([](FakeRecording& r) { r.setup().set(kVatBundle, "{}"); }));
  EXPECT_TRUE(changed([](FakeRecording& r) { r.add_deliveries(1); }));
  EXPECT_FALSE(changed([](FakeRecording&) {}));
}

TEST(ReplayFingerprint, FollowsRangeLimitsAndOptions) {
  FakeRecording recording;
  recording.add_deliveries(5);
  const std::string before = fingerprint(recording);
  const auto changed = [&](const auto& change) {
    ReplayRequest request = replay_request();
    change(request);
    return fingerprint(recording, request) != before;
  };
  EXPECT_TRUE(changed([](ReplayRequest& r) { r.to = 3; }));
  EXPECT_TRUE(changed([](ReplayRequest& r) { r.aslr = false; }));
  EXPECT_TRUE(changed([](ReplayRequest& r) { r.limits.memory_bytes = 1; }));
  EXPECT_TRUE(changed([](ReplayRequest& r) { r.limits.computrons = 1; }));
  EXPECT_TRUE(changed([](ReplayRequest& r) { r.compare.computrons = false; }));
  EXPECT_TRUE(changed([](ReplayRequest& r) { r.user_setup.set(kSupervisor, "{}"); }));
  EXPECT_FALSE(changed([](ReplayRequest& r) { r.run = 4; }));
}

}  // namespace probe_cache_test
}  // namespace recrank
