// recrank's own sockets in an engine's network reach the engine, and nothing else reaches it.

#include "replay/process/inner_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "replay/process/namespaces.h"
#include "replay/process/worker_process.h"
#include "tests/support/replay/program_home.h"

namespace recrank {
namespace inner_sockets_test {

using testing::HasSubstr;

const Interrupt kNoInterrupt;
constexpr uint16_t kPort = 6379;

WorkerCommand program_with(InnerSockets sockets) {
  WorkerCommand command;
  command.program = fake_program();
  command.wire = kStdioWire;
  command.memory_bytes = 512 << 20;
  command.cpu_s = 600;
  command.sandbox.network = SandboxNetwork::kLoopback;
  command.sockets = std::move(sockets);
  return command;
}

class InnerSocketsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string refusal = try_namespaces();
    if (!refusal.empty()) GTEST_SKIP() << "skipped: " << refusal;
  }
  static void tell(const WorkerProcess& process, const std::string& event) {
    write_all(process.command_fd(), event + "\n", "the program");
  }
  static std::string heard(int fd) {
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, 60'000) <= 0) return "nothing";
    std::string text(200, '\0');
    const ssize_t got = ::read(fd, text.data(), text.size());
    return text.substr(0, got > 0 ? static_cast<size_t>(got) : 0);
  }
};

TEST_F(InnerSocketsTest, ThatListenAreReachedByTheProgram) {
  WorkerProcess process(program_with({{8080, 8081}, 0}), kNoInterrupt);
  const std::vector<UniqueFd> sockets = process.take_sockets();
  ASSERT_EQ(sockets.size(), 2U);
  tell(process, R"({"do":"dial","port":8081})");
  EXPECT_EQ(heard(process.reply_fd()), "\"reached\"\n");
  pollfd waiting{sockets[1].get(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 60'000), 1);
  const UniqueFd accepted(::accept(sockets[1].get(), nullptr, nullptr));
  EXPECT_TRUE(accepted.valid());
}

TEST_F(InnerSocketsTest, ConnectOnceTheProgramListens) {
  WorkerProcess process(program_with({{}, 1}), kNoInterrupt);
  const std::vector<UniqueFd> sockets = process.take_sockets();
  ASSERT_EQ(sockets.size(), 1U);
  tell(process, R"({"do":"echo_one","port":6379})");
  ASSERT_TRUE(connect_inside(sockets[0].get(), kPort, 60, process.pid_fd()));
  write_all(sockets[0].get(), "hello\n", "the program");
  EXPECT_EQ(heard(sockets[0].get()), "hello\n");
  EXPECT_EQ(heard(process.reply_fd()), "\"echoed\"\n");
}

TEST_F(InnerSocketsTest, GiveUpWhenTheProgramIsGone) {
  WorkerProcess process(program_with({{}, 1}), kNoInterrupt);
  const std::vector<UniqueFd> sockets = process.take_sockets();
  tell(process, R"({"do":"exit0"})");
  EXPECT_FALSE(connect_inside(sockets[0].get(), kPort, 3600, process.pid_fd()));
}

TEST_F(InnerSocketsTest, GiveUpWhenNobodyListens) {
  WorkerProcess process(program_with({{}, 1}), kNoInterrupt);
  const std::vector<UniqueFd> sockets = process.take_sockets();
  EXPECT_FALSE(connect_inside(sockets[0].get(), kPort, 0.05, process.pid_fd()));
}

TEST_F(InnerSocketsTest, OfTwoProgramsOnOnePortDoNotMeet) {
  WorkerProcess one(program_with({{kPort}, 0}), kNoInterrupt);
  WorkerProcess other(program_with({{kPort}, 0}), kNoInterrupt);
  const std::vector<UniqueFd> of_one = one.take_sockets();
  tell(other, R"({"do":"dial","port":6379})");
  EXPECT_EQ(heard(other.reply_fd()), "\"reached\"\n");
  pollfd waiting{of_one[0].get(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

TEST_F(InnerSocketsTest, AreNotInheritedByTheProgram) {
  WorkerProcess process(program_with({{kPort}, 2}), kNoInterrupt);
  tell(process, R"({"do":"descriptors"})");
  EXPECT_EQ(heard(process.reply_fd()), "\"0 1 2 \"\n");
}

TEST_F(InnerSocketsTest, OfAPortThatCannotBeHadFailTheStart) {
  try {
    const WorkerProcess process(program_with({{kPort, kPort}, 0}), kNoInterrupt);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("cannot make sockets in the network"));
  }
}

TEST(InnerSocketPlans, OfTooManyAreRefused) {
  EXPECT_THROW(static_cast<void>(plan_inner_sockets({{1, 2}, kInnerSocketsMax}, -1)), Error);
}

}  // namespace inner_sockets_test
}  // namespace recrank
