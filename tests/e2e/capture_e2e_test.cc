// The whole program over a stand-in for a worker: what its reports say of a crash and a hang, and
// that nothing outlives it.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace capture_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing_support::run_recrank;

const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";

class Capture : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(RECRANK_BINARY_DIR "/bin/recrank-shim")) {
      GTEST_SKIP() << "skipped: there is no recrank-shim here";
    }
    std::ofstream(sst())
        << R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)"
           R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
           "\n"
           R"({"transcriptNum":1,"d":["notify",[]],"syscalls":[]})"
           "\n";
  }
  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }
  static std::string script(const std::string& act) {
    return std::string(kEra) + "\n{\"do\":[" + act + "]}\n";
  }
  [[nodiscard]] std::vector<std::string> words(const FakeWorkerHome& home) const {
    return {"replay", sst(), "--engine", home.path().string()};
  }
  [[nodiscard]] json report(const std::string& act, int status,
                            const std::vector<std::string>& options = {}) const {
    const FakeWorkerHome home(script(act));
    std::vector<std::string> all = words(home);
    all.insert(all.end(), {"--json", "-"});
    all.insert(all.end(), options.begin(), options.end());
    const auto ran = run_recrank(all);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }
  [[nodiscard]] std::string text(const std::string& act) const {
    const FakeWorkerHome home(script(act));
    return run_recrank(words(home)).out;
  }

  ScratchDir scratch_;
};

TEST_F(Capture, ACrashIsInTheReportWithItsFrames) {
  const json crash = report(R"({"fault":"null"})", 2).at("verdict").at("detail").at("crash");
  EXPECT_EQ(crash.at("occasion"), "death");
  const json& fault = crash.at("fault");
  EXPECT_EQ(fault.at("what"), "SIGSEGV: read or write at address 0x18, which is not mapped");
  EXPECT_EQ(fault.at("address"), "0x18");
  EXPECT_THAT(fault.at("frames")[0].at("function").get<std::string>(),
              HasSubstr("read_null_member"));
  EXPECT_EQ(fault.at("frames")[0].at("module"), "fake_worker");
  EXPECT_TRUE(fault.at("registers").contains("rip"));
  EXPECT_FALSE(crash.at("maps").empty());
}

TEST_F(Capture, ACrashIsToldToPeople) {
  const std::string told = text(R"({"fault":"assert"})");
  EXPECT_THAT(told, HasSubstr("crashed at step 1: SIGABRT"));
  EXPECT_THAT(told, HasSubstr("SIGABRT raised by the process itself, in the main thread"));
  EXPECT_THAT(told, HasSubstr("fake_worker!fake_worker::fail_an_assertion()"));
  EXPECT_THAT(told, HasSubstr("its last message: "));
  EXPECT_THAT(told, HasSubstr("Assertion `vats > 0' failed."));
}

TEST_F(Capture, TheFirstFaultIsToldBeforeTheOneThatFollowed) {
  const std::string told = text(R"({"fault":"trap in handler"})");
  const size_t first = told.find("SIGSEGV: jump to address 0x0");
  const size_t then = told.find("SIGILL: illegal instruction");
  ASSERT_NE(first, std::string::npos) << told;
  ASSERT_NE(then, std::string::npos) << told;
  EXPECT_LT(first, then);
}

TEST_F(Capture, AHangIsALimitWithAStack) {
  const json verdict = report(R"({"spin":true})", 3, {"--step-limit", "0.5"}).at("verdict");
  EXPECT_EQ(verdict.at("kind"), "limit");
  EXPECT_EQ(verdict.at("limit"), "step-wall");
  const json& crash = verdict.at("detail").at("crash");
  EXPECT_EQ(crash.at("occasion"), "hang");
  EXPECT_THAT(crash.at("fault").at("frames").dump(), HasSubstr("spin_for_ever"));
}

TEST_F(Capture, NoneLeavesTheSignalOnly) {
  const json verdict = report(R"({"fault":"null"})", 2, {"--capture", "none"}).at("verdict");
  EXPECT_EQ(verdict.at("signal"), "SIGSEGV");
  EXPECT_FALSE(verdict.contains("detail"));
}

TEST_F(Capture, AWordThatIsNoneOfItsValuesIsUsage) {
  const FakeWorkerHome home("");
  std::vector<std::string> all = words(home);
  all.insert(all.end(), {"--capture", "everything"});
  const auto ran = run_recrank(all);
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("--capture takes one of shim"));
}

// Its words with a '\0' behind each; empty when the process is gone, be it while this reads.
std::string command_line(pid_t pid) {
  std::ostringstream text;
  text << std::ifstream("/proc/" + std::to_string(pid) + "/cmdline").rdbuf();
  return text.str();
}

// Processes whose command line holds `part`.
std::vector<pid_t> processes_with(const std::string& part) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t pid = std::atoi(name.c_str());
    if (command_line(pid).find(part) != std::string::npos) found.push_back(pid);
  }
  return found;
}

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 6000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// recrank in the background, its output in a file. `prepare` runs in the child before the exec.
pid_t start_recrank(
    std::vector<std::string> words, const fs::path& out,
    const std::function<void()>& prepare = [] {}) {
  words.insert(words.begin(), RECRANK_BINARY_DIR "/bin/recrank");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(file, 1);
  ::dup2(file, 2);
  prepare();
  ::execv(argv[0], argv.data());
  ::_exit(99);
}

TEST_F(Capture, KillingRecrankKillsTheShimAndTheEngine) {
  const FakeWorkerHome home(script(R"({"hang":true})"));
  const std::string worker = (home.path() / "xsnap-worker").string();
  const pid_t recrank = start_recrank(words(home), scratch_.path() / "out");
  // The probe's own workers come first; the one that hangs has a name of its own.
  pid_t engine = 0;
  pid_t shim = 0;
  ASSERT_TRUE(eventually([&] {
    for (const pid_t pid : processes_with("--attach")) {
      const std::string line = command_line(pid);
      if (line.find(std::string("--parent") + '\0' + std::to_string(recrank) + '\0') ==
          std::string::npos) {
        continue;
      }
      shim = pid;
      engine = std::atoi(line.c_str() + line.find("--attach") + 9);
    }
    return shim != 0;
  }));
  ::kill(recrank, SIGKILL);
  ::waitpid(recrank, nullptr, 0);
  const auto gone = [](pid_t pid) { return !fs::exists("/proc/" + std::to_string(pid) + "/exe"); };
  EXPECT_TRUE(eventually([&] { return gone(shim) && gone(engine); }));
  EXPECT_TRUE(eventually([&] { return processes_with(worker).empty(); }));
}

void forbid_ptrace() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{4, program};
  // The leak check of a sanitizer build is a tracer itself, and would end the process with
  // status 1.
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

TEST_F(Capture, WherePtraceIsForbiddenTheCrashIsFoundAllTheSameAndTheLossToldOnce) {
  const FakeWorkerHome home(script(R"({"fault":"null"})"));
  const fs::path out = scratch_.path() / "out";
  std::vector<std::string> all = words(home);
  all.insert(all.end(), {"--repeat", "3"});
  const pid_t recrank = start_recrank(all, out, forbid_ptrace);
  int status = 0;
  ::waitpid(recrank, &status, 0);
  std::ifstream file(out);
  const std::string told{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(WEXITSTATUS(status), 2) << told;
  EXPECT_THAT(told, HasSubstr("crashed at step 1: SIGSEGV"));
  const std::string note =
      "note: crashes are not captured: not traced: ptrace is not permitted here";
  const size_t first = told.find(note);
  ASSERT_NE(first, std::string::npos) << told;
  EXPECT_EQ(told.find(note, first + 1), std::string::npos);
  EXPECT_THAT(told, HasSubstr("not captured: not traced: ptrace is not permitted here"));
}

}  // namespace capture_e2e_test
}  // namespace recrank
