// A program with a loopback of its own reaches nobody else's, and one without has no socket at all.

#include "replay/process/namespaces.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "replay/judge/step_end.h"
#include "replay/program/process_engine.h"
#include "snapshot/journal/dialect_names.h"
#include "tests/support/replay/program_home.h"

namespace recrank {
namespace own_network_test {

using namespace program;

using testing::HasSubstr;

const Interrupt kNoInterrupt;

class NoCalls : public CallHandler {
 public:
  std::optional<std::string_view> on_call(std::string_view) override { return std::nullopt; }
};

// The stand-in, started with an engine file that holds these members.
class Program {
 public:
  explicit Program(std::string_view members, CaptureMode capture = CaptureMode::kNone)
      : home_(members),
        engine_(make_process_engine(
            load_program(EngineFile(home_.engine_file()), "fake", {}, kNoInterrupt))) {
    StartRequest request;
    request.dialect = kProcessDialect;
    request.limits.step_wall_s = 60;
    request.limits.frame_bytes_max = 1 << 20;
    request.limits.cpu_s = 600;
    request.limits.memory_bytes = 512 << 20;
    request.capture.mode = capture;
    run_ = engine_->start(std::move(request), kNoInterrupt).run;
  }
  StepOutcome act(const std::string& word, const std::string& more = "") {
    event_ = "{\"do\":\"" + word + "\"" + more + "}";
    Step step;
    step.text = event_;
    step.delivery = step.text;
    NoCalls none;
    return run_->apply(step, none);
  }
  // What it answers, without the quotes.
  std::string ask(const std::string& word, const std::string& more = "") {
    const StepOutcome outcome = act(word, more);
    const auto* const done = std::get_if<StepDone>(&outcome);
    if (done == nullptr) return "no answer";
    std::string answer(done->result);
    std::erase(answer, '"');
    return answer;
  }

 private:
  ProgramHome home_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Run> run_;
  std::string event_;
};

constexpr std::string_view kWith = R"(,"network":"loopback")";

// A listener of the test on the host's loopback.
class HostListener {
 public:
  HostListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    works_ = ::bind(socket_.get(), generic, size) == 0 && ::listen(socket_.get(), 8) == 0 &&
             ::getsockname(socket_.get(), generic, &size) == 0;
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] bool works() const { return works_; }
  [[nodiscard]] std::string member() const { return ",\"port\":" + std::to_string(port_); }
  // Whether this process, which is in the host's network, gets through.
  [[nodiscard]] bool is_reached_from_here() const {
    const UniqueFd dialler(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    return ::connect(dialler.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

 private:
  UniqueFd socket_;
  uint16_t port_ = 0;
  bool works_ = false;
};

class OwnLoopback : public testing::Test {
 protected:
  void SetUp() override {
    const std::string refusal = try_namespaces();
    if (!refusal.empty()) GTEST_SKIP() << "skipped: " << refusal;
  }
};

TEST_F(OwnLoopback, WorksAndTheHostsIsOutOfReach) {
  const HostListener host;
  ASSERT_TRUE(host.works());
  ASSERT_TRUE(host.is_reached_from_here());
  Program program(kWith);
  EXPECT_EQ(program.ask("talk"), "heard");
  EXPECT_EQ(program.ask("dial", host.member()), "ECONNREFUSED");
  EXPECT_EQ(program.ask("interfaces"), "lo ");
}

TEST_F(OwnLoopback, HasTheSixthVersionWhereTheMachineHasIt) {
  if (!std::ifstream("/proc/net/if_inet6").good()) GTEST_SKIP() << "skipped: no IPv6";
  EXPECT_EQ(Program(kWith).ask("talk6"), "heard");
}

TEST_F(OwnLoopback, AllowsNoSocketsButThoseOfTcp) {
  EXPECT_EQ(Program(kWith).ask("other_sockets"), "");
}

TEST_F(OwnLoopback, CannotBeLeft) {
  EXPECT_EQ(Program(kWith).ask("leave_namespaces"), "EPERM EPERM");
}

TEST_F(OwnLoopback, IsEachProcesssOwn) {
  Program one(kWith);
  Program other(kWith);
  EXPECT_EQ(one.ask("talk"), "heard");
  EXPECT_EQ(other.ask("talk"), "heard");
  EXPECT_EQ(one.ask("user"), std::to_string(::getuid()));
}

TEST_F(OwnLoopback, DoesNotHinderTheTracer) {
  Program program(kWith, CaptureMode::kShim);
  EXPECT_EQ(program.ask("talk"), "heard");
  const StepOutcome outcome = program.act("handled_segv");
  const auto* const crashed = std::get_if<StepCrashed>(&outcome);
  ASSERT_NE(crashed, nullptr);
  ASSERT_TRUE(crashed->end.report.has_value());
  EXPECT_EQ(crashed->end.report->cause().signal, SIGSEGV);
  EXPECT_FALSE(crashed->end.report->cause().frames.empty()) << "the tracer was not there";
}

TEST(OwnNetworkWanted, OfAProgramWithoutItThereIsNoSocket) {
  const HostListener host;
  for (const std::string_view members : {"", R"(,"network":"none")"}) {
    Program program(members);
    EXPECT_EQ(program.ask("dial", host.member()), "no socket: EPERM");
    EXPECT_EQ(program.ask("talk"), "no socket: EPERM");
    EXPECT_EQ(program.ask("other_sockets"), "");
  }
}

// A datagram socket of a pair may name any receiver in the file system.
TEST(SocketPairs, ReachNobodyElse) {
  const ScratchDir directory;
  const std::filesystem::path path = directory.path() / "ear";
  const UniqueFd ear(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(ear.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  for (const std::string_view members : {std::string_view(""), kWith}) {
    if (members == kWith && !try_namespaces().empty()) continue;
    Program program(members);
    EXPECT_EQ(program.ask("tell_another", ",\"path\":\"" + path.string() + "\""), "no pair: EPERM");
    EXPECT_EQ(program.ask("pairs"), "stream seqpacket ");
    char heard = 0;
    EXPECT_EQ(::recv(ear.get(), &heard, 1, 0), -1);
  }
}

TEST(OwnNetworkWanted, IsPartOfWhatTheProgramIs) {
  const ProgramHome with(kWith);
  const ProgramHome without(R"(,"network":"none")");
  EXPECT_EQ(load_program(EngineFile(with.engine_file()), "fake", {}, kNoInterrupt).identity.network,
            "loopback");
  EXPECT_EQ(
      load_program(EngineFile(without.engine_file()), "fake", {}, kNoInterrupt).identity.network,
      "");
}

TEST(OwnNetworkWanted, OtherNetworksAreRefused) {
  for (const std::string members :
       {R"(,"network":"host")", R"(,"network":true)", R"(,"network":null)"}) {
    const ProgramHome home(members);
    try {
      static_cast<void>(load_program(EngineFile(home.engine_file()), "fake", {}, kNoInterrupt));
      ADD_FAILURE() << members << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      EXPECT_THAT(error.what(), HasSubstr("network: neither \"none\" nor \"loopback\""));
    }
  }
}

}  // namespace own_network_test
}  // namespace recrank
