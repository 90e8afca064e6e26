// Finding rr, and believing only what it does. No test here has an rr that can record unless
// RECRANK_RR names one: the others say in their name that they run on a stand-in.

#include "replay/process/rr_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "replay/process/rr_cache.h"
#include "tests/support/replay/stand_in_rr.h"

namespace recrank {
namespace rr_program_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Interrupt kNoInterrupt;

TEST(RrWords, AreThoseThatRrTakes) {
  EXPECT_THAT(rr_record_words({"/usr/bin/rr", false}, "/t/trace", {}),
              ElementsAre("/usr/bin/rr", "record", "-o", "/t/trace", "-n", "--"));
  EXPECT_THAT(rr_record_words({"/opt/rr", true}, "/t/trace", {"-h", "--bind-to-cpu=1"}),
              ElementsAre("/opt/rr", "record", "-o", "/t/trace", "-n", "-W", "-h",
                          "--bind-to-cpu=1", "--"));
  EXPECT_EQ(rr_replay_command({"/usr/bin/rr", false}, "/t/a b", std::nullopt),
            "/usr/bin/rr replay -e '/t/a b'");
  EXPECT_EQ(rr_replay_command({"/opt/rr", true}, "/t/trace", 400),
            "/opt/rr replay -W -g 400 /t/trace -- -ex continue");
}

TEST(RrFailure, IsOneLineThatSaysWhatToChange) {
  EXPECT_THAT(explain_rr_failure("[FATAL x] Unable to open performance counter with "
                                 "'perf_event_open'; are hardware perf events available?"),
              HasSubstr("needs hardware counters"));
  EXPECT_THAT(
      explain_rr_failure("rr needs /proc/sys/kernel/perf_event_paranoid <= 1, but it is 2."),
      HasSubstr("sysctl kernel.perf_event_paranoid=1"));
  EXPECT_THAT(explain_rr_failure("x\n[FATAL y errno: ENOSPC] Can't write"), HasSubstr("no space"));
  EXPECT_EQ(explain_rr_failure(""), "it ended without a word");
  EXPECT_THAT(explain_rr_failure("\x1b[31mred\nmore"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(explain_rr_failure(std::string(1 << 20, 'x')).size(), testing::Lt(500U));
}

TEST(RrFinding, RefusesWhatIsNoProgram) {
  const ScratchDir scratch;
  std::ofstream(scratch.path() / "rr") << "x";
  for (const fs::path& bad : {scratch.path() / "rr", scratch.path() / "none", scratch.path()}) {
    try {
      static_cast<void>(find_rr(bad.string()));
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      EXPECT_THAT(error.what(), HasSubstr("--rr names"));
    }
  }
}

TEST(RrProbe, OfAnotherProgramSaysThatItIsNoRr) {
  const RrAnswer answer = probe_rr("/bin/true", kNoInterrupt);
  EXPECT_FALSE(answer.usable);
  EXPECT_THAT(answer.why, HasSubstr("no rr"));
}

TEST(RrProbeOnStandIn, BelievesARecordingOnly) {
  const StandInRr rr;
  EXPECT_TRUE(probe_rr(rr.path(), kNoInterrupt).usable);
  rr.configure("FAIL=silent");  // --version and record --help still work
  const RrAnswer answer = probe_rr(rr.path(), kNoInterrupt);
  EXPECT_FALSE(answer.usable);
  EXPECT_THAT(answer.why, HasSubstr("it ended without a word"));
}

TEST(RrProbeOnStandIn, FindsSoftwareCountersAndAsksForThem) {
  const StandInRr rr("SOFTWARE=1");
  const RrAnswer answer = probe_rr(rr.path(), kNoInterrupt);
  EXPECT_TRUE(answer.usable) << answer.why;
  EXPECT_TRUE(answer.software_counters);
}

TEST(RrProbeOnStandIn, SaysWhyItCannotRecord) {
  const StandInRr rr("FAIL=counters");
  EXPECT_THAT(probe_rr(rr.path(), kNoInterrupt).why, HasSubstr("hardware counters"));
  rr.configure("FAIL=paranoid");
  EXPECT_THAT(probe_rr(rr.path(), kNoInterrupt).why, HasSubstr("perf_event_paranoid"));
}

TEST(RrProbeOnStandIn, LeavesNothingBehind) {
  const ScratchDir scratch;
  ::setenv("TMPDIR", scratch.path().c_str(), 1);
  const StandInRr* const rr = new StandInRr("FAIL=counters");
  static_cast<void>(probe_rr(rr->path(), kNoInterrupt));
  delete rr;
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

TEST(RrCacheOnStandIn, AsksOnceForEachProgram) {
  const ScratchDir cache;
  const StandInRr rr;
  EXPECT_TRUE(cached_probe_rr(rr.path(), cache.path() / "made", kNoInterrupt).usable);
  rr.configure("FAIL=counters");
  EXPECT_TRUE(cached_probe_rr(rr.path(), cache.path() / "made", kNoInterrupt).usable);
  fs::remove(cache.path() / "made" / "rr.json");
  EXPECT_FALSE(cached_probe_rr(rr.path(), cache.path() / "made", kNoInterrupt).usable);
  const StandInRr other;
  EXPECT_TRUE(cached_probe_rr(other.path(), cache.path() / "made", kNoInterrupt).usable);
}

TEST(RrCacheOnStandIn, DoesNotRememberWhatMayPass) {
  const ScratchDir cache;
  const StandInRr rr("FAIL=disk");
  EXPECT_THAT(cached_probe_rr(rr.path(), cache.path(), kNoInterrupt).why, HasSubstr("no space"));
  rr.configure("");
  EXPECT_TRUE(cached_probe_rr(rr.path(), cache.path(), kNoInterrupt).usable);
}

TEST(RrCacheOnStandIn, IsNoTroubleWhenDamagedOrUnwritable) {
  const ScratchDir cache;
  const StandInRr rr;
  for (const char* rubbish : {"", "{", "[1]", "{\"key\":7}", "\xff\xfe"}) {
    std::ofstream(cache.path() / "rr.json") << rubbish;
    EXPECT_TRUE(cached_probe_rr(rr.path(), cache.path(), kNoInterrupt).usable) << rubbish;
    fs::remove(cache.path() / "rr.json");
  }
  EXPECT_TRUE(cached_probe_rr(rr.path(), "/proc/none", kNoInterrupt).usable);
  EXPECT_TRUE(cached_probe_rr(rr.path(), "", kNoInterrupt).usable);
}

// Debian's rr 5.6.0 where there are no hardware counters: the real negative.
TEST(RrProbe, OfDebiansRrWithoutCountersSaysSo) {
  if (!fs::exists("/usr/bin/rr")) GTEST_SKIP() << "skipped: rr is not installed";
  if (fs::exists("/sys/bus/event_source/devices/cpu")) {
    GTEST_SKIP() << "skipped: this machine has hardware counters";
  }
  const RrAnswer answer = probe_rr("/usr/bin/rr", kNoInterrupt);
  EXPECT_FALSE(answer.usable);
  EXPECT_THAT(answer.why, HasSubstr("hardware counters"));
  EXPECT_THAT(answer.why, HasSubstr("--rr"));
}

TEST(RrProbe, OfARealRrThatWorksSaysSo) {
  const char* const named = std::getenv("RECRANK_RR");
  if (named == nullptr) GTEST_SKIP() << "skipped: RECRANK_RR names no rr";
  const RrAnswer answer = probe_rr(find_rr(std::nullopt), kNoInterrupt);
  EXPECT_TRUE(answer.usable) << answer.why;
}

}  // namespace rr_program_test
}  // namespace recrank
