// What becomes of an engine when its tracer is not there, refuses, dies, hangs or lies. The tracers
// here are shell scripts that stand in for recrank-shim.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <string>

#include "replay/agoric/netstring.h"
#include "replay/process/end_of_process.h"
#include "replay/process/worker_process.h"
#include "tests/support/replay/fake_worker_home.h"

namespace recrank {
namespace shim_fallback_test {

using namespace agoric;

using std::chrono::milliseconds;
using testing::HasSubstr;

const Interrupt kNoInterrupt;

constexpr const char* kAttached = R"(printf '\001\000\000\000\000\000\000\000' >&3)";
constexpr const char* kRefused = R"(printf '\002\000\000\000\001\000\000\000' >&3)";
constexpr const char* kReportOf9Bytes = R"(printf '\004\000\000\000\011\000\000\000' >&3)";

// The end of an engine that does `act` beside a tracer that does `script`.
class Ended {
 public:
  Ended(const std::string& act, const std::string& script, double step_limit_s = 60)
      : home_("{\"do\":[" + act + "]}") {
    if (!script.empty()) {
      home_.write("tracer", "#!/bin/sh\n" + script + "\n");
      ::chmod(tracer().c_str(), 0755);
    }
    WorkerCommand command;
    command.program = home_.path() / "xsnap-worker";
    command.memory_bytes = 6ULL << 30;
    command.cpu_s = 60;
    command.capture.mode = CaptureMode::kShim;
    command.shim = tracer();
    WorkerProcess process(std::move(command), kNoInterrupt);
    process.limit_step(step_limit_s);
    NetstringReader reader(process.reply_fd(), 1 << 20);
    answered =
        write_netstring(process.command_fd(), {"?[\"deliver\",[]]"}) == WriteStatus::kWritten &&
        reader.next() == FrameStatus::kFrame;
    process.close_commands();
    end = process.finish(milliseconds(20'000));
  }
  ~Ended() { EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left"; }

  [[nodiscard]] std::string loss() const {
    const StepOutcome outcome = outcome_of_end(end, {}, {}, {}, ExitReader());
    const auto* const crashed = std::get_if<StepCrashed>(&outcome);
    const auto* const limit = std::get_if<StepLimit>(&outcome);
    const std::optional<CrashReport>& report =
        crashed != nullptr ? crashed->end.report : limit->end.report;
    return report && !report->losses.empty() ? report->losses.front() : "nothing lost";
  }

  WorkerEnd end;
  bool answered = false;

 private:
  [[nodiscard]] std::filesystem::path tracer() const { return home_.path() / "tracer"; }
  FakeWorkerHome home_;
};

TEST(ShimFallback, WithoutAShimTheCrashIsStillACrashAndSaysWhatIsLost) {
  const Ended ended(R"({"fault":"null"})", "");
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_THAT(ended.loss(), HasSubstr("cannot start recrank-shim: posix_spawn: No such file"));
}

TEST(ShimFallback, WithoutAShimAnEngineRunsAsUsual) {
  const Ended ended(R"({"sleep_ms":1})", "");
  EXPECT_TRUE(ended.answered);
}

TEST(ShimFallback, WherePtraceIsRefusedTheReasonAndTheRemedyAreNamed) {
  const Ended ended(R"({"fault":"null"})", std::string(kRefused) + "\nexit 1");
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_THAT(ended.loss(), HasSubstr("ptrace is not permitted here (Operation not permitted)"));
  EXPECT_THAT(ended.loss(), HasSubstr("CAP_SYS_PTRACE"));
}

TEST(ShimFallback, AShimThatEndsBeforeItAttachesIsNamed) {
  const Ended ended(R"({"fault":"null"})", "exit 1");
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_THAT(ended.loss(), HasSubstr("recrank-shim ended before it attached"));
}

TEST(ShimFallback, AShimThatNeverAttachesIsGivenUp) {
  const Ended ended(R"({"fault":"null"})", "exec sleep 1000");
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_THAT(ended.loss(), HasSubstr("did not attach within 5 s"));
}

TEST(ShimFallback, AShimThatEndsInBetweenCostsTheReportOnly) {
  const Ended ended(R"({"fault":"null"})", std::string(kAttached) + "\nexit 0");
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_THAT(ended.loss(), HasSubstr("ended without a report"));
}

TEST(ShimFallback, AShimThatDoesNotAnswerIsNoReasonToWaitForEverAtAHang) {
  const Ended ended(R"({"hang":true})", std::string(kAttached) + "\ntrap '' USR1\nexec sleep 1000",
                    0.2);
  EXPECT_EQ(ended.end.reason, KillReason::kStepWall);
  EXPECT_THAT(ended.loss(), HasSubstr("ended without a report"));
}

TEST(ShimFallback, AShimThatDiesWhenItIsAskedIsNoReasonToWait) {
  const Ended ended(R"({"hang":true})", std::string(kAttached) + "\nexec sleep 1000", 0.2);
  EXPECT_EQ(ended.end.reason, KillReason::kStepWall);
  EXPECT_EQ(ended.end.signal, SIGKILL);
}

TEST(ShimFallback, AReportThatIsNoneIsRefused) {
  const Ended ended(R"({"sleep_ms":300},{"fault":"null"})",
                    std::string(kAttached) + "\nprintf 'rubbish!!' >&4\n" + kReportOf9Bytes +
                        "\nexec sleep 1000");
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_THAT(ended.loss(), HasSubstr("the report of recrank-shim cannot be read"));
}

TEST(ShimFallback, AReportThatIsShorterThanSaidIsRefused) {
  const Ended ended(R"({"sleep_ms":300},{"fault":"null"})",
                    std::string(kAttached) + "\n" + kReportOf9Bytes + "\nexec sleep 1000");
  EXPECT_THAT(ended.loss(), HasSubstr("the report: ends at byte 0"));
}

}  // namespace shim_fallback_test
}  // namespace recrank
