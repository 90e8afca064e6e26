#include "harness/probe_cache.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/scratch_dir.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

StoredRun clean_run() {
  StoredRun run;
  run.verdict.kind = VerdictKind::kClean;
  run.passed = true;
  return run;
}

StoredRun diverged_run() {
  StoredRun run;
  run.verdict.kind = VerdictKind::kDiverged;
  run.verdict.step = 12;
  run.verdict.divergences.push_back({12, Field::kSyscallWrong, 3, "[\"a\"]", "[\"b\"]"});
  return run;
}

StoredRun crashed_run() {
  StoredRun run;
  run.verdict.kind = VerdictKind::kCrashed;
  run.verdict.step = 7;
  run.verdict.end.signal = 11;
  run.verdict.end.meaning = "SIGSEGV";
  run.verdict.signature = "SIGSEGV null f<g";
  return run;
}

StoredRun limit_run() {
  StoredRun run;
  run.verdict.kind = VerdictKind::kLimit;
  run.verdict.step = 2;
  run.verdict.limit = StepLimit{LimitKind::kMemory, "1 GiB", "", {}};
  return run;
}

TEST(ProbeCache, GivesBackEveryKindOfRunAsItWas) {
  const ScratchDir directory;
  ProbeCache cache(directory.path() / "cache");
  const std::vector<StoredRun> runs{clean_run(), diverged_run(), crashed_run(), limit_run()};
  cache.add("q", "k", runs);
  const auto again = ProbeCache(directory.path() / "cache").load("q", "k");
  ASSERT_EQ(again.size(), runs.size());
  for (size_t i = 0; i < runs.size(); ++i) EXPECT_EQ(to_json(again[i]), to_json(runs[i])) << i;
  EXPECT_EQ(again[1].verdict.divergences.at(0).index, 3U);
  EXPECT_EQ(again[2].verdict.end.signal, 11);
  EXPECT_EQ(again[3].verdict.limit->kind, LimitKind::kMemory);
}

TEST(ProbeCache, KeepsEnginesAndQuestionsApart) {
  const ScratchDir directory;
  ProbeCache cache(directory.path());
  cache.add("q", "k", {clean_run()});
  cache.add("q", "k", {crashed_run()});
  cache.add("q", "other", {limit_run()});
  EXPECT_EQ(cache.load("q", "k").size(), 2U);
  EXPECT_EQ(cache.load("q", "other").size(), 1U);
  EXPECT_TRUE(cache.load("q2", "k").empty());
  EXPECT_TRUE(cache.load("q", "k2").empty());
}

TEST(ProbeCache, TakesAFileThatIsDamagedForNoneAndReplacesIt) {
  const ScratchDir directory;
  ProbeCache cache(directory.path());
  cache.add("q", "k", {clean_run()});
  const fs::path file = directory.path() / "q.json";
  for (const std::string text : {"", "{", "[]", R"({"schema":"recrank.probes/1","question":"q","engines":{"k":[{"kind":"eaten"}]}})",
                                 R"({"schema":"recrank.probes/1","question":"another","engines":{"k":[]}})"}) {
    std::ofstream(file, std::ios::trunc) << text;
    EXPECT_TRUE(cache.load("q", "k").empty()) << text;
    cache.add("q", "k", {crashed_run()});
    EXPECT_EQ(cache.load("q", "k").size(), 1U) << text;
  }
}

TEST(ProbeCache, LosesNothingWhenSeveralWriteAtOnce) {
  const ScratchDir directory;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&directory, writer] {
      ProbeCache cache(directory.path());
      for (int i = 0; i < 10; ++i) cache.add("q", "k" + std::to_string(writer), {clean_run()});
      EXPECT_EQ(cache.problem(), "");
    });
  }
  for (std::thread& writer : writers) writer.join();
  const ProbeCache cache(directory.path());
  for (int writer = 0; writer < 4; ++writer) EXPECT_EQ(cache.load("q", "k" + std::to_string(writer)).size(), 10U);
}

TEST(ProbeCache, SaysThatItCannotKeepAnything) {
  ProbeCache cache("/proc/nonexistent/cache");
  cache.add("q", "k", {clean_run()});
  EXPECT_NE(cache.problem(), "");
  EXPECT_TRUE(cache.load("q", "k").empty());
  ProbeCache none{fs::path()};
  none.add("q", "k", {clean_run()});
  EXPECT_EQ(none.problem(), "");
}

}  // namespace
}  // namespace recrank
