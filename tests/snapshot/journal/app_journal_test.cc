// The lines have the form that the server's sources write; no journal of a real one was at hand.
// The provider's bodies have the form of chat completions.

#include "snapshot/journal/app_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/scratch_dir.h"
#include "snapshot/journal/chat_response.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/journal/journal_calls.h"
#include "snapshot/journal/journal_writer.h"
#include "snapshot/open/open_recording.h"

namespace recrank::program {
namespace app_journal_test {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

const std::string kBoot =
    R"({"kind":"log","level":"info","msg":"Dispatch booted","timestamp":1782601606000,"extensionId":"h"})"
    "\n";
const std::string kMemory =
    R"({"kind":"log","level":"info","msg":"memory:periodic","timestamp":1782602512000,"extensionId":"h","attributes":{"rssMB":116,"heapUsedMB":41}})"
    "\n";

std::string open_request(const std::string& span, const std::string& turn,
                         const std::string& body) {
  return R"({"kind":"span-open","spanId":")" + span +
         R"(","name":"provider.request","timestamp":1782602513010,"extensionId":"o","conversationId":"c1","turnId":")" +
         turn +
         R"(","parentSpanId":"s2","attributes":{"model":"m-1","url":"https://x.ai/zen/v1/chat/completions"},"body":)" +
         json_quote(body) + "}\n";
}
std::string close_span(const std::string& span, const std::string& name = "provider.request",
                       const std::string& attributes = "{}") {
  return R"({"kind":"span-close","spanId":")" + span + R"(","name":")" + name +
         R"(","timestamp":1782602514010,"durationMs":3,"status":"ok","extensionId":"o","attributes":)" +
         attributes + "}\n";
}

const std::string kUser = R"({"role":"user","content":"hello"})";
const std::string kTool =
    R"({"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]})";
const std::string kResult = R"({"role":"tool","tool_call_id":"call_1","content":"5"})";
const std::string kSaid = R"({"role":"assistant","content":"Five."})";
const std::string kAgain = R"({"role":"user","content":"and now?"})";
std::string body(const std::vector<std::string>& messages, const char* more = R"("stream":true,)") {
  std::string list;
  for (const std::string& each : messages) list += (list.empty() ? "" : ",") + each;
  return std::string(R"({"model":"m-1",)") + more + R"("messages":[)" + list + "]}";
}

const std::string kTurns = kBoot + open_request("a", "t1", body({kUser})) + close_span("a") +
                           open_request("b", "t1", body({kUser, kTool, kResult})) +
                           close_span("b") + kMemory +
                           open_request("c", "t2", body({kUser, kTool, kResult, kSaid, kAgain}));

class AppJournalTest : public testing::Test {
 protected:
  std::unique_ptr<Recording> open(const std::string& text, const std::string& rotated = "") {
    std::ofstream(scratch_.path() / "app.ndjson") << text;
    if (!rotated.empty()) std::ofstream(scratch_.path() / "app.ndjson.1") << rotated;
    return open_recording(scratch_.path() / "app.ndjson");
  }
  ScratchDir scratch_;
};

TEST_F(AppJournalTest, IsKnownByItsLines) {
  const auto journal = open(kTurns);
  EXPECT_EQ(journal->info().kind, "app-journal");
  EXPECT_EQ(journal->info().dialect, kHttpDialect);
  EXPECT_EQ(open_recording(scratch_.path())->info().kind, "app-journal");
}

TEST_F(AppJournalTest, StepsAreTurnsWithTheirMessageAndTheirRequests) {
  const auto journal = open(kTurns);
  const auto steps = journal->steps("program", {0, 2});
  Step step;
  ASSERT_TRUE(steps->next(step));
  EXPECT_EQ(step.delivery, R"({"conversationId":"c1","message":"hello"})");
  ASSERT_EQ(step.calls.size(), 2U);
  EXPECT_EQ(json::parse(step.calls[0].call).at("path"), "/zen/v1/chat/completions");
  EXPECT_EQ(json::parse(step.calls[0].call).at("body"), json::parse(body({kUser})));
  ASSERT_TRUE(steps->next(step));
  EXPECT_EQ(step.number, 1U);
  EXPECT_EQ(step.delivery, R"({"conversationId":"c1","message":"and now?"})");
  EXPECT_FALSE(steps->next(step));
}

TEST_F(AppJournalTest, ResponsesComeFromTheNextRequestAndTheOneInFlightHasNone) {
  const auto journal = open(kTurns);
  const auto steps = journal->steps("program", {0, 2});
  Step step;
  ASSERT_TRUE(steps->next(step));
  EXPECT_THAT(std::string(step.calls[0].answer), HasSubstr("call_1"));
  EXPECT_THAT(std::string(step.calls[1].answer), HasSubstr("Five."));
  ASSERT_TRUE(steps->next(step));
  EXPECT_EQ(step.calls[0].answer, kNoResponse);
}

TEST_F(AppJournalTest, AStatusThatTheProviderRefusedWithIsTheResponse) {
  const auto journal = open(kBoot + open_request("a", "t1", body({kUser})) +
                            close_span("a", "provider.request", R"({"status":429})"));
  const auto steps = journal->steps("program", {0, 1});
  Step step;
  ASSERT_TRUE(steps->next(step));
  EXPECT_EQ(step.calls[0].answer, R"({"status":429})");
}

TEST_F(AppJournalTest, CanBeWrittenAsAJournalThatSaysTheSame) {
  const auto journal = open(kTurns);
  write_journal(*journal, journal->subjects().front().id, 2, scratch_.path() / "events.jsonl");
  const auto written = open_recording(scratch_.path() / "events.jsonl");
  EXPECT_EQ(written->info().dialect, kHttpDialect);
  const auto from = journal->steps("program", {0, 2});
  const auto to = written->steps("program", {0, 2});
  Step a;
  Step b;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(from->next(a));
    ASSERT_TRUE(to->next(b));
    EXPECT_EQ(a.delivery, b.delivery);
    ASSERT_EQ(a.calls.size(), b.calls.size());
    for (size_t call = 0; call < a.calls.size(); ++call) {
      EXPECT_EQ(a.calls[call].call, b.calls[call].call);
      EXPECT_EQ(a.calls[call].answer, b.calls[call].answer);
    }
  }
}

TEST_F(AppJournalTest, TellsWhatWasUnderWayWhenItEnds) {
  const auto facts = open(kTurns)->info().facts;
  EXPECT_THAT(facts, Contains(Pair("under way at the end", "1 span")));
  EXPECT_THAT(
      facts,
      Contains(
          Pair("open span 1",
               "provider.request m-1, turn t2, conversation c1, since 2026-06-27T23:21:53.010Z")));
  EXPECT_THAT(facts,
              Contains(Pair("last memory", "2026-06-27T23:21:52.000Z rssMB 116, heapUsedMB 41")));
}

TEST_F(AppJournalTest, WhatWasOpenBeforeALaterStartIsNotUnderWay) {
  EXPECT_THAT(open(kTurns + kBoot)->info().facts,
              Contains(Pair("under way at the end", "0 spans")));
}

TEST_F(AppJournalTest, ATornLastLineIsANoteAndADamagedOneIsDamage) {
  const auto torn = open(kTurns + R"({"kind":"span-op)");
  ASSERT_EQ(torn->info().notes.size(), 1U);
  EXPECT_THAT(torn->info().notes[0], HasSubstr("torn"));
  EXPECT_TRUE(torn->verify({}).damage.empty());
  const auto damaged = open(kBoot + "{\"kind\":\"span-op\n" + kTurns);
  ASSERT_EQ(damaged->verify({}).damage.size(), 1U);
  EXPECT_THAT(damaged->verify({}).damage[0].place, HasSubstr("app.ndjson:2"));
  EXPECT_EQ(damaged->subjects()[0].held_count(), 2U);
}

TEST_F(AppJournalTest, ReadsTheRotatedFileFirst) {
  const auto journal =
      open(open_request("b", "t1", body({kUser, kTool, kResult})) + close_span("b"),
           kBoot + open_request("a", "t1", body({kUser})) + close_span("a"));
  const auto steps = journal->steps("program", {0, 1});
  Step step;
  ASSERT_TRUE(steps->next(step));
  ASSERT_EQ(step.calls.size(), 2U);
  EXPECT_THAT(std::string(step.calls[0].answer), HasSubstr("call_1"));
  EXPECT_EQ(open_recording(scratch_.path())->info().kind, "app-journal");
}

TEST_F(AppJournalTest, WithoutARequestHoldsNothingToReplay) {
  const auto journal = open(kBoot + kMemory);
  EXPECT_FALSE(journal->subjects()[0].not_replayable.empty());
}

TEST(ChatResponse, IsAStreamWhereOneWasAskedForAndElseAnObject) {
  const auto streamed = rebuild_chat_response(body({kUser}), body({kUser, kSaid}));
  ASSERT_TRUE(streamed);
  const json response = json::parse(*streamed);
  EXPECT_EQ(response.at("headers").at("content-type"), "text/event-stream");
  const auto text = response.at("body").get<std::string>();
  EXPECT_THAT(text, HasSubstr("data: [DONE]"));
  EXPECT_EQ(json::parse(text.substr(6, text.find('\n') - 6))
                .at("choices")
                .at(0)
                .at("delta")
                .at("content"),
            "Five.");
  const auto whole = rebuild_chat_response(body({kUser}, ""), body({kUser, kSaid}, ""));
  EXPECT_EQ(json::parse(whole.value()).at("body").at("choices").at(0).at("message"),
            json::parse(kSaid));
}

TEST(ChatResponse, IsNeverMadeUp) {
  EXPECT_FALSE(rebuild_chat_response(body({kUser}), body({kUser})));  // nothing behind it
  EXPECT_FALSE(
      rebuild_chat_response(body({kUser}), body({kAgain, kSaid})));  // another conversation
  EXPECT_FALSE(
      rebuild_chat_response(body({kUser}), body({kUser, kAgain})));  // not the provider's word
  EXPECT_FALSE(rebuild_chat_response("[]", body({kUser, kSaid})));
  EXPECT_FALSE(rebuild_chat_response("{", "{"));
  EXPECT_FALSE(rebuild_chat_response(body({kUser}), std::string(5000, '[')));
}

}  // namespace app_journal_test
}  // namespace recrank::program
