// A hostile program is stopped at whatever it tries, on every rung of the ladder. Which attack is
// stopped by what: docs/sandbox.md.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "replay/process/end_of_process.h"
#include "replay/process/namespaces.h"
#include "replay/process/worker_process.h"
#include "tests/support/replay/program_home.h"

namespace recrank {
namespace hostile_program_test {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

const Interrupt kNoInterrupt;

constexpr const char* kRungs[] = {"auto", "auto,no-namespaces", "auto,no-namespaces,landlock=5",
                                  "auto,no-namespaces,landlock=2", "auto,no-namespaces,landlock=1"};

// A user's directory that the program works in, a secret elsewhere, and the policy of one rung.
class Attacked {
 public:
  explicit Attacked(const char* rung) : rung_(parse_containment_policy(rung)) {
    set_containment_policy(rung_);
    std::ofstream(file()) << "evidence";
    std::ofstream(secret()) << "secret";
    ::chmod(file().c_str(), 0640);
  }
  ~Attacked() { set_containment_policy({}); }
  Attacked(const Attacked&) = delete;
  Attacked& operator=(const Attacked&) = delete;

  WorkerCommand command(std::vector<std::string> more = {}) const {
    WorkerCommand made;
    made.program = fake_program().parent_path() / "hostile_program";
    made.arguments = {file(), secret(), std::to_string(::getpid())};
    made.arguments.insert(made.arguments.end(), more.begin(), more.end());
    made.directory = seen_.path();
    made.memory_bytes = 2ULL << 30;
    made.cpu_s = 60;
    return made;
  }
  [[nodiscard]] std::string file() const { return seen_.path() / "file"; }
  [[nodiscard]] std::string secret() const { return hidden_.path() / "secret"; }
  [[nodiscard]] bool in_namespaces() const { return rung_.namespaces; }

 private:
  ScratchDir seen_;
  ScratchDir hidden_;
  ContainmentPolicy rung_;
};

std::string state_of(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return "gone";
  std::ostringstream state;
  state << std::oct << found.st_mode << std::dec << ' ' << found.st_uid << ' ' << found.st_nlink
        << ' ' << found.st_size << ' ' << found.st_mtim.tv_sec << '.' << found.st_mtim.tv_nsec
        << ' ' << found.st_ctim.tv_sec << '.' << found.st_ctim.tv_nsec;
  return state.str();
}

// What came of the attacks of each group: how many, and those that worked.
struct Outcome {
  size_t tried = 0;
  std::string breaches;
};

std::map<std::string, Outcome> outcomes(const Attacked& attacked) {
  WorkerProcess process(attacked.command(), kNoInterrupt);
  process.limit_step(60);
  const WorkerEnd& end = process.finish(std::chrono::milliseconds(60'000));
  EXPECT_EQ(end.exit_status, 0) << process.output_tail();
  std::map<std::string, Outcome> all;
  std::istringstream lines(process.output_tail());
  for (std::string line; std::getline(lines, line);) {
    Outcome& outcome = all[line.substr(0, line.find('\t'))];
    ++outcome.tried;
    if (line.find("\tstopped ") == line.npos) outcome.breaches += line + "\n";
  }
  return all;
}

class HostileProgram : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (parse_containment_policy(GetParam()).namespaces && !try_namespaces().empty()) {
      GTEST_SKIP() << "skipped: " << try_namespaces();
    }
    if (kernel_has_less()) GTEST_SKIP() << "skipped: this kernel has no such Landlock";
  }
  static bool kernel_has_less() {
    return containment_had().landlock_abi <
           std::min(1, parse_containment_policy(GetParam()).landlock_abi_most);
  }
};

TEST_P(HostileProgram, IsStopped) {
  const Attacked attacked(GetParam());
  const std::string before = state_of(attacked.file());
  const int nice = ::getpriority(PRIO_PROCESS, 0);
  std::map<std::string, Outcome> came = outcomes(attacked);
  EXPECT_GE(came["reading"].tried, 14U);
  EXPECT_GE(came["files"].tried, 33U);
  EXPECT_GE(came["processes"].tried, 39U);
  EXPECT_GE(came["machine"].tried, 40U);
  // /proc tells everybody which processes there are, of which no more can be had than their names.
  EXPECT_EQ(
      came["reading"].breaches,
      attacked.in_namespaces() ? "" : "reading\tsees that there are others\tBREACH 1 Success\n");
  EXPECT_EQ(came["files"].breaches, "");
  EXPECT_EQ(came["processes"].breaches, "");
  EXPECT_EQ(came["machine"].breaches, "");
  EXPECT_EQ(state_of(attacked.file()), before);
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), nice);
}

TEST_P(HostileProgram, DoesNotFloodTheMachineWithThreads) {
  const Attacked attacked(GetParam());
  WorkerProcess process(attacked.command({"flood"}), kNoInterrupt);
  process.limit_step(5);
  const WorkerEnd& end = process.finish(std::chrono::milliseconds(60'000));
  // Root's threads the kernel does not count: recrank does, whenever it looks.
  if (process.output_tail().find("stopped EAGAIN") == std::string::npos) {
    EXPECT_EQ(end.reason, KillReason::kThreads) << process.output_tail();
    const StepOutcome outcome = outcome_of_end(end, {}, {}, {}, ExitReader());
    ASSERT_TRUE(std::holds_alternative<StepLimit>(outcome));
    EXPECT_EQ(std::get<StepLimit>(outcome).value, "1,024 threads");
  }
}

INSTANTIATE_TEST_SUITE_P(OnEveryRung, HostileProgram, testing::ValuesIn(kRungs),
                         [](const auto& rung) {
                           std::string name = rung.param;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

// This program anew, with the tests that `filter` names. `slave`: its terminal; -1: none. What it
// prints goes to `out`; -1: where this one's goes.
pid_t run_tests(const std::string& filter, int slave, int out) {
  const std::string argument = "--gtest_filter=" + filter;
  const pid_t child = ::fork();
  if (child != 0) return child;
  // All of them, whichever part of the tests this process runs itself.
  ::unsetenv("GTEST_TOTAL_SHARDS");
  ::unsetenv("GTEST_SHARD_INDEX");
  if (slave >= 0 && (::setsid() < 0 || ::ioctl(slave, TIOCSCTTY, 0) != 0)) ::_exit(3);
  // That there is a terminal to type into.
  if (slave >= 0 && ::open("/dev/tty", O_RDWR | O_CLOEXEC) < 0) ::_exit(4);
  if (out >= 0) ::dup2(out, STDOUT_FILENO);
  ::execl("/proc/self/exe", "replay_tests", argument.c_str(), "--gtest_also_run_disabled_tests",
          nullptr);
  ::_exit(5);
}

TEST(HostileProgramAtATerminal, TypesNothingIntoIt) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  termios raw{};
  ::cfmakeraw(&raw);
  ::tcsetattr(slave, TCSANOW, &raw);
  int status = -1;
  ::waitpid(run_tests("OnEveryRung/HostileProgram.IsStopped/*", slave, -1), &status, 0);
  EXPECT_EQ(status, 0);
  int typed = -1;
  ::ioctl(slave, FIONREAD, &typed);
  EXPECT_EQ(typed, 0);
  ::close(master);
  ::close(slave);
}

// Not a test by itself: the process that is killed.
TEST_P(HostileProgram, DISABLED_RunsUntilRecrankIsKilled) {
  const Attacked attacked(GetParam());
  WorkerCommand command = attacked.command();
  command.program = "/usr/bin/cat";  // waits for its commands
  command.arguments = {};
  command.wire = kStdioWire;
  const WorkerProcess process(std::move(command), kNoInterrupt);
  std::cout << "\nengine " << process.pid() << std::endl;
  for (;;) ::pause();
}

bool ends_within(pid_t pid, std::chrono::seconds patience) {
  const UniqueFd engine(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{engine.get(), POLLIN, 0};
  return !engine.valid() ||
         ::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) > 0;
}

// Without a tracer, whose end would be the engine's too.
TEST_P(HostileProgram, IsLeftBehindByNobodyWhoIsKilled) {
  const std::string self = testing::UnitTest::GetInstance()->current_test_info()->name();
  Pipe out = make_pipe();
  const pid_t recrank = run_tests(
      "OnEveryRung/HostileProgram.DISABLED_RunsUntilRecrankIsKilled" + self.substr(self.find('/')),
      -1, out.write_end.get());
  out.write_end = UniqueFd();
  std::string told;
  while (told.find("engine ") == told.npos || told.back() != '\n') {
    std::array<char, 4096> piece{};
    const size_t got = read_some(out.read_end.get(), piece.data(), piece.size(), "a pipe");
    ASSERT_GT(got, 0U) << "it ended before it had an engine: " << told;
    told.append(piece.data(), got);
  }
  const pid_t engine = std::stoi(told.substr(told.find("engine ") + 7));
  EXPECT_FALSE(ends_within(engine, std::chrono::seconds(0)));
  ::kill(recrank, SIGKILL);
  ::waitpid(recrank, nullptr, 0);
  EXPECT_TRUE(ends_within(engine, std::chrono::seconds(10)));
}

}  // namespace hostile_program_test
}  // namespace recrank
