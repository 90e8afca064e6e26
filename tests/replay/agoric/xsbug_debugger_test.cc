// The debugger's end of the talk, against peers that are no worker.

#include "replay/agoric/xsbug_debugger.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>

#include "replay/process/inner_sockets.h"

namespace recrank::agoric {
namespace xsbug_debugger_test {

constexpr uint64_t kStep = 7;
const SupervisorLines kLines{"/s.js", 10, 20};

struct Listening {
  UniqueFd socket;
  uint16_t port = 0;
};

Listening listen_anywhere() {
  Listening made{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(made.socket.get(), any, size), 0);
  EXPECT_EQ(::listen(made.socket.get(), 1), 0);
  EXPECT_EQ(::getsockname(made.socket.get(), any, &size), 0);
  made.port = ntohs(address.sin_port);
  return made;
}

std::string stop(const std::string& path, int line, const std::string& words) {
  const std::string place = "path=\"" + path + "\" line=\"" + std::to_string(line) + "\"";
  return "\r\n<xsbug><frames><frame name=\"f\" value=\"@1\" path=\"/c.js\" line=\"3\"/></frames>"
         "<break " +
         place + "># Break: " + words + "!\n</break></xsbug>\r\n";
}

// Plays the worker: one connection, over which it says things and waits for an answer to each.
class Debugged : public testing::Test {
 protected:
  void SetUp() override {
    Listening listening = listen_anywhere();
    port_ = listening.port;
    watch_.step = kStep;
    debugger_ = std::make_unique<XsbugDebugger>(std::move(listening.socket), kLines, watch_);
  }

  void connect() {
    worker_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    ASSERT_EQ(::connect(worker_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  // What comes back up to the `go` or the question that ends it; empty: it was hung up.
  std::string say(const std::string& words) {
    if (!send_inside(worker_.get(), words)) return "";
    std::string answer;
    while (!answer.ends_with("<go/>\r\n") && answer.find("<select") == std::string::npos &&
           !answer.ends_with("<step-inside/>\r\n")) {
      char bytes[4096];
      const size_t size = receive_inside(worker_.get(), bytes, sizeof bytes);
      if (size == 0) return "";
      answer.append(bytes, size);
    }
    return answer;
  }
  void leave() {
    worker_.reset();
    debugger_->end();
  }

  SourceWatch watch_;
  uint16_t port_ = 0;
  UniqueFd worker_;
  std::unique_ptr<XsbugDebugger> debugger_;
};

const std::string kLogin = "\r\n<xsbug><login name=\"xsnap\" value=\"XS\"/></xsbug>\r\n";
const std::string kVariables =
    "\r\n<xsbug><local name=\"f\" value=\"@1\"><property name=\"n\" value=\"3\"/></local>"
    "</xsbug>\r\n";

TEST_F(Debugged, StopsOnlyInTheStepThatIsWatched) {
  connect();
  EXPECT_EQ(say(kLogin), "\r\n<set-breakpoint path=\"/s.js\" line=\"10\"/>\r\n\r\n<go/>\r\n");
  debugger_->begin_step(kStep - 1);
  EXPECT_EQ(say(stop("/s.js", 10, "breakpoint")), "\r\n<go/>\r\n");
  debugger_->end_step();

  debugger_->begin_step(kStep);
  const std::string begun = say(stop("/s.js", 10, "breakpoint"));
  EXPECT_NE(begun.find("line=\"20\""), std::string::npos) << begun;
  EXPECT_NE(begun.find("exceptions"), std::string::npos) << begun;
  EXPECT_EQ(say(stop("/s.js", 20, "breakpoint")), "\r\n<select id=\"@1\"/>\r\n");
  EXPECT_EQ(say(kVariables), "\r\n<go/>\r\n");
  debugger_->note_call("[\"vatstoreGet\",\"a\"]");
  EXPECT_EQ(say(stop("/c.js", 5, "TypeError: no")), "\r\n<select id=\"@1\"/>\r\n");
  EXPECT_EQ(say(kVariables), "\r\n<go/>\r\n");
  debugger_->end_step();

  EXPECT_TRUE(watch_.reached);
  EXPECT_EQ(watch_.loss, "");
  ASSERT_EQ(watch_.looks.size(), 2U);
  EXPECT_EQ(watch_.looks[0].kind, LookKind::kCall);
  EXPECT_EQ(watch_.looks[0].words, "[\"vatstoreGet\",\"a\"]");
  EXPECT_EQ(watch_.looks[1].kind, LookKind::kThrown);
  EXPECT_EQ(watch_.looks[1].words, "TypeError: no");
  EXPECT_EQ(watch_.looks[1].call, 1U);
  const std::vector<SourceVariable> variables{{"n", "3"}};
  EXPECT_EQ(watch_.looks[0].frames.at(0).variables, variables);

  debugger_->begin_step(kStep + 1);
  EXPECT_NE(say(stop("/s.js", 10, "breakpoint")).find("<clear-all-breakpoints/>"),
            std::string::npos);
  leave();
  EXPECT_EQ(watch_.looks.size(), 2U);
}

TEST_F(Debugged, AMachineThatGivesUpIsSeenWhereItDoes) {
  connect();
  say(kLogin);
  debugger_->begin_step(kStep);
  say(stop("/s.js", 10, "breakpoint"));
  EXPECT_TRUE(
      send_inside(worker_.get(), "\r\n<xsbug><log>too much computation&#10;</log></xsbug>\r\n"));
  say(stop("xsnapPlatform.c", 137, "C: xsAPI"));
  say(kVariables);
  leave();
  ASSERT_EQ(watch_.looks.size(), 1U);
  EXPECT_EQ(watch_.looks[0].kind, LookKind::kStopped);
  EXPECT_EQ(watch_.looks[0].words, "too much computation");
}

TEST_F(Debugged, LinesAreFollowedFromACallOn) {
  watch_.lines = true;
  watch_.lines_from_call = 1;
  connect();
  say(kLogin);
  debugger_->begin_step(kStep);
  EXPECT_TRUE(say(stop("/s.js", 10, "breakpoint")).ends_with("<go/>\r\n"));
  say(stop("/s.js", 20, "breakpoint"));
  EXPECT_EQ(say(kVariables), "\r\n<step-inside/>\r\n");
  for (int line = 1; line < 50; ++line) {
    EXPECT_EQ(say(stop("/c.js", line, "step")), "\r\n<step-inside/>\r\n");
  }
  leave();
  ASSERT_EQ(watch_.looks.size(), 50U);
  EXPECT_EQ(watch_.looks.back().kind, LookKind::kLine);
}

TEST_F(Debugged, AWorkerThatAsksForNoDebuggerIsTold) {
  debugger_->begin_step(kStep);
  debugger_->end_step();
  EXPECT_FALSE(watch_.reached);
  EXPECT_NE(watch_.loss.find("has no debugger"), std::string::npos) << watch_.loss;
}

TEST_F(Debugged, RubbishEndsTheTalkAndIsTold) {
  connect();
  debugger_->begin_step(kStep);
  EXPECT_EQ(say("GET / HTTP/1.1\r\n\r\n</xsbug>\r\n"), "");
  leave();
  EXPECT_NE(watch_.loss.find("does not speak XML"), std::string::npos) << watch_.loss;
}

TEST_F(Debugged, OneThatNeverAnswersIsLeftWithItsProcess) {
  connect();
  debugger_->begin_step(kStep);
  EXPECT_TRUE(send_inside(worker_.get(), "\r\n<xsbug><frames>"));
  leave();
  EXPECT_FALSE(watch_.reached);
  EXPECT_NE(watch_.loss, "");
}

// It answers the step on its wire while it still stands in the debugger.
TEST_F(Debugged, VariablesThatComeBehindTheStepAreNobodys) {
  connect();
  say(kLogin);
  debugger_->begin_step(kStep);
  say(stop("/s.js", 10, "breakpoint"));
  say(stop("/s.js", 20, "breakpoint"));
  debugger_->end_step();
  EXPECT_EQ(say(kVariables), "\r\n<go/>\r\n");
  EXPECT_NE(say(stop("/s.js", 20, "breakpoint")), "");
  EXPECT_NE(say(stop("/s.js", 20, "breakpoint") + kVariables), "");
  leave();
  EXPECT_TRUE(watch_.reached);
  EXPECT_TRUE(watch_.looks.empty());
}

// Stops that nobody asked for, frames without end, variables of another frame, a second login.
TEST_F(Debugged, ALiarGetsAnswersAndNoMemory) {
  connect();
  say(kLogin);
  debugger_->begin_step(kStep);
  EXPECT_NE(say(stop("/s.js", 20, "breakpoint")), "");
  say(stop("/s.js", 10, "breakpoint"));
  std::string frames = "\r\n<xsbug><frames>";
  for (int i = 0; i < 20'000; ++i) frames += "<frame name=\"f\" value=\"@2\"/>";
  EXPECT_NE(say(frames + "</frames><break># Break: x!</break></xsbug>\r\n"), "");
  EXPECT_NE(say(kVariables + kLogin), "");
  leave();
  ASSERT_EQ(watch_.looks.size(), 1U);
  EXPECT_LE(watch_.looks[0].frames.size(), 1000U);
}

}  // namespace xsbug_debugger_test
}  // namespace recrank::agoric
