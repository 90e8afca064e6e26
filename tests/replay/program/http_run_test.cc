// A program that asks over HTTP: its requests are calls, and it is as hostile as any engine.

#include "replay/program/http_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "replay/judge/findings.h"
#include "replay/judge/step_end.h"
#include "replay/process/namespaces.h"
#include "replay/program/http_answer.h"
#include "replay/program/process_engine.h"
#include "snapshot/journal/dialect_names.h"
#include "tests/support/replay/program_home.h"

namespace recrank::program {
namespace http_run_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Interrupt kNoInterrupt;

// Answers every call with the same, and keeps what was asked.
class Answers : public CallHandler {
 public:
  explicit Answers(std::optional<std::string> answer) : answer_(std::move(answer)) {}
  std::optional<std::string_view> on_call(std::string_view call) override {
    calls.emplace_back(call);
    if (!answer_) return std::nullopt;
    return *answer_;
  }
  std::vector<std::string> calls;

 private:
  std::optional<std::string> answer_;
};

std::string told(const StepOutcome& outcome) {
  if (const auto* done = std::get_if<StepDone>(&outcome))
    return "answered " + std::string(done->result);
  if (std::get_if<StepStopped>(&outcome) != nullptr) return "stopped";
  const Verdict verdict = verdict_of_end(outcome, 0);
  if (verdict.limit) return "limit " + std::string(to_string(verdict.limit->kind));
  return std::string(to_string(verdict.kind)) + " " + verdict.detail + verdict.reason;
}

class HttpProgram : public testing::Test {
 protected:
  void SetUp() override {
    try {
      start(60);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
      GTEST_SKIP() << error.what();
    }
  }
  void start(double step_wall_s, std::string_view members = R"(,"transport":"http")") {
    home_.emplace(members);
    engine_ = make_process_engine(
        load_program(EngineFile(home_->engine_file()), "fake", {}, kNoInterrupt));
    StartRequest request;
    request.dialect = kHttpDialect;
    request.limits.step_wall_s = step_wall_s;
    request.limits.frame_bytes_max = 1 << 20;
    request.limits.cpu_s = 600;
    request.limits.memory_bytes = 512 << 20;
    run_ = engine_->start(std::move(request), kNoInterrupt).run;
  }
  std::string give(const std::string& event, CallHandler& handler) {
    Step step;
    step.text = event;
    step.delivery = step.text;
    return told(run_->apply(step, handler));
  }
  std::string ask(const std::string& how, CallHandler& handler) {
    return give("{\"do\":\"ask\",\"port\":4780,\"how\":\"" + how + "\"}", handler);
  }

  std::optional<ProgramHome> home_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<recrank::Run> run_;
};

TEST_F(HttpProgram, IsAnsweredWithTheRecordedResponse) {
  Answers answers(R"({"status":200,"headers":{"X-A":"b"},"body":{"choices":[]}})");
  EXPECT_EQ(ask("get", answers), R"(answered "{\"choices\":[]}")");
  EXPECT_THAT(answers.calls,
              ElementsAre(R"({"body":null,"method":"GET","path":"/v1/models?at=<time>"})"));
}

TEST_F(HttpProgram, AsksAlikeInEveryRunOnceIdsAndTimesAreMasked) {
  Answers answers(R"({"body":"yes"})");
  EXPECT_EQ(ask("post", answers), "answered \"yes\"");
  EXPECT_EQ(ask("post", answers), "answered \"yes\"");
  const std::string call =
      R"({"body":{"at":"<ms>","id":"<uuid>","z":1},"method":"POST","path":"/v1/ask"})";
  EXPECT_THAT(answers.calls, ElementsAre(call, call));
}

TEST_F(HttpProgram, MaySendItsBodyInChunks) {
  Answers answers(R"({"body":"yes"})");
  EXPECT_EQ(ask("chunked", answers), "answered \"yes\"");
  EXPECT_THAT(answers.calls.at(0), HasSubstr(R"("body":{"a":1})"));
}

TEST(HttpAnswer, GoesOutAsItStandsInTheJournal) {
  const std::string bytes =
      parse_http_answer(R"({"body":{"b":1e400,"b":123456789012345678901}})").bytes;
  EXPECT_THAT(bytes, testing::EndsWith("\r\n\r\n"
                                       R"({"b":1e400,"b":123456789012345678901})"));
  EXPECT_THAT(parse_http_answer(R"({"body_base64":"AP/+"})").bytes,
              testing::EndsWith(std::string("\r\n\r\n\0\xff\xfe", 7)));
}

TEST_F(HttpProgram, MeetsTheFailuresThatAJournalAsksFor) {
  Answers cut(R"({"act":"cut","body":"0123456789","cut_bytes":4})");
  EXPECT_EQ(ask("get", cut), "answered \"0123\"");
  Answers reset(R"({"act":"reset"})");
  EXPECT_EQ(ask("get", reset), "answered \"RESET\"");
  Answers failed(R"({"status":500,"body":"no"})");
  EXPECT_EQ(ask("get", failed), "answered \"no\"");
}

TEST_F(HttpProgram, WaitsForEverForAResponseThatIsStalled) {
  start(0.5);
  Answers stalled(R"({"act":"stall"})");
  EXPECT_EQ(ask("get", stalled), "limit step-wall");
  EXPECT_EQ(stalled.calls.size(), 1U);
}

TEST_F(HttpProgram, IsEndedByAHandlerThatHasNoAnswer) {
  Answers none(std::nullopt);
  EXPECT_EQ(ask("get", none), "stopped");
}

TEST_F(HttpProgram, AnswerThatCannotBeSentIsNamed) {
  for (const char* bad :
       {"[]", R"({"status":9})", R"({"act":"dance"})", R"({"act":7})",
        R"({"headers":{"a":"b\r\nc"}})", R"({"act":"cut","body":"abc","cut_bytes":9})",
        R"({"headers":3})", R"({"body_base64":"!"})", R"({"body":1,"body":2})"}) {
    Answers answers(bad);
    start(60);
    EXPECT_THROW(static_cast<void>(ask("get", answers)), Error) << bad;
  }
}

TEST_F(HttpProgram, SecondRequestOfAConnectionIsNotAnswered) {
  Answers answers(R"({"body":"once"})");
  // Its first answer comes, then the connection ends; what lies unread may make that a reset.
  EXPECT_THAT(ask("pipeline", answers), StartsWith("answered \"once"));
  EXPECT_EQ(answers.calls.size(), 1U);
}

TEST_F(HttpProgram, WhatIsNoRequestBreaksTheProtocol) {
  Answers answers(R"({"body":"x"})");
  EXPECT_THAT(ask("no_http", answers), HasSubstr("no request of HTTP"));
  EXPECT_TRUE(answers.calls.empty());
}

TEST_F(HttpProgram, ThatSpeaksAnotherProtocolToTheStubIsNotJudged) {
  Answers answers(R"({"body":"x"})");
  for (const auto& [how, name] : {std::pair("tls", "speaks TLS"), {"http2", "speaks HTTP/2"}}) {
    start(60);
    try {
      ADD_FAILURE() << ask(how, answers);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      EXPECT_THAT(error.what(), HasSubstr(name));
    }
  }
  EXPECT_TRUE(answers.calls.empty());
}

TEST_F(HttpProgram, ThatHoldsItsBodyBackIsToldThatItMayCome) {
  Answers answers(R"({"body":"yes"})");
  EXPECT_EQ(ask("expect", answers), "answered \"yes\"");
  EXPECT_THAT(answers.calls, ElementsAre(HasSubstr(R"("body":{"a":1})")));
}

TEST_F(HttpProgram, MayEndEachConnectionHoweverManyEventsItIsGiven) {
  start(60, R"(,"transport":"http","http":{"event_port":5000},"arguments":["--listen","5000"])");
  Answers answers(R"({"body":"x"})");
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(give("{}", answers), "answered {\"status\":200,\"body\":" + std::to_string(i) + "}");
  }
}

TEST_F(HttpProgram, EndlessHeadsAndBodiesAreRefused) {
  Answers answers(R"({"body":"x"})");
  EXPECT_THAT(ask("endless_head", answers), HasSubstr("header limit"));
  start(60);
  EXPECT_THAT(ask("long_body", answers), HasSubstr("body limit"));
  EXPECT_TRUE(answers.calls.empty());
}

TEST_F(HttpProgram, HalfARequestWaitsForTheStepsLimit) {
  start(0.5);
  Answers answers(R"({"body":"x"})");
  EXPECT_EQ(ask("half", answers), "limit step-wall");
  EXPECT_TRUE(answers.calls.empty());
}

TEST_F(HttpProgram, ClientThatHangsUpHarmsNobody) {
  Answers answers(R"({"body":"x"})");
  EXPECT_THAT(ask("hang_up", answers), StartsWith("answered"));
  EXPECT_EQ(ask("get", answers), "answered \"x\"");
}

TEST_F(HttpProgram, MoreConnectionsThanAreServedAtOnceAreServedInTurn) {
  Answers answers(R"({"body":"."})");
  EXPECT_EQ(ask("many", answers), "answered \"" + std::string(40, '.') + "\"");
  EXPECT_EQ(answers.calls.size(), 40U);
}

TEST_F(HttpProgram, StillBreaksItsLinesAsOthersDo) {
  Answers answers(R"({"body":"x"})");
  EXPECT_THAT(give(R"({"do":"exit1"})", answers), StartsWith("crashed"));
  start(60);
  EXPECT_THAT(give(R"({"do":"segv"})", answers), StartsWith("crashed"));
  start(60);
  EXPECT_THAT(give(R"({"do":"flood"})", answers), HasSubstr("without the end of a line"));
}

TEST_F(HttpProgram, NobodyWhoListensForEventsIsALimit) {
  start(0.5, R"(,"transport":"http","http":{"event_port":5000})");
  Answers answers(R"({"body":"x"})");
  // Its stdin is empty, so the stand-in leaves.
  EXPECT_THAT(give("{}", answers), StartsWith("crashed"));
}

TEST_F(HttpProgram, TakesNoRecordingOfLinesAlone) {
  StartRequest request;
  request.dialect = kProcessDialect;
  EXPECT_THROW(static_cast<void>(engine_->start(std::move(request), kNoInterrupt)), Error);
}

TEST(HttpEngineFile, IsPartOfTheIdentity) {
  const ProgramHome home(
      R"(,"transport":"http","http":{"event_port":24203,"event_path":"/chat"},"environment":{"URL":"{{stub}}/v1","API_KEY":"{{made-up}}"})");
  const ProcessProgram program =
      load_program(EngineFile(home.engine_file()), "x", {}, kNoInterrupt);
  EXPECT_EQ(program.identity.dialect, "http");
  EXPECT_EQ(program.identity.network, "loopback, http stub 4780, events to 24203/chat");
  EXPECT_EQ(program.identity.environment.at(1).second, "{{stub}}/v1");
  EXPECT_EQ(fill_placeholders("{{stub}}/v1", *program.http), "http://127.0.0.1:4780/v1");
}

TEST(HttpEngineFile, NamesAWrongMember) {
  for (const char* members : {R"(,"transport":"smoke")", R"(,"http":{"event_port":5000})",
                              R"(,"transport":"http","network":"none")",
                              R"(,"transport":"http","http":{"event_port":80})",
                              R"(,"transport":"http","http":{"port":5000})",
                              R"(,"transport":"http","http":{"event_port":4780})",
                              R"(,"transport":"http","http":{"event_path":"a b"})",
                              R"(,"transport":"http","environment":{"API_KEY":"sk-1"})",
                              R"(,"environment":{"API_KEY":"{{made-up}}"})"}) {
    const ProgramHome home(members);
    EXPECT_THROW(
        static_cast<void>(load_program(EngineFile(home.engine_file()), "x", {}, kNoInterrupt)),
        Error)
        << members;
  }
}

}  // namespace http_run_test
}  // namespace recrank::program
