#include "snapshot/journal/journal_calls.h"
#include "snapshot/journal/dialect_names.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/journal/http_call.h"
#include "snapshot/journal/journal.h"

namespace recrank::program {
namespace journal_calls_test {

TEST(HttpCall, IsOneTextWhateverTheOrderAndSpellingOfItsBody) {
  const std::string call = R"({"body":{"a":1,"b":"é"},"method":"POST","path":"/x"})";
  EXPECT_EQ(http_call_text("POST", "/x", R"({"b":"\u00e9", "a":1})"), call);
  EXPECT_EQ(http_call_text("POST", "/x", R"({"a":1,"b":"é"})"), call);
}

TEST(HttpCall, MasksIdsAndTimesAndNothingElse) {
  EXPECT_EQ(mask_ids_and_times("a 0f8fad5b-d9cb-469f-a165-70867728950e b"), "a <uuid> b");
  EXPECT_EQ(mask_ids_and_times("at 2026-06-28T00:12:02.123+02:00, 2026-06-28T00:12:02Z."),
            "at <time>, <time>.");
  EXPECT_EQ(mask_ids_and_times("2026-06-28 and 0f8fad5b-d9cb"), "2026-06-28 and 0f8fad5b-d9cb");
  EXPECT_EQ(http_call_text("POST", "/x", R"([1782602513000,178260251300,"1782602513000",0.5])"),
            R"({"body":["<ms>",178260251300,"1782602513000",0.5],"method":"POST","path":"/x"})");
}

TEST(HttpCall, BodyThatIsNoJsonOrTooDeepIsAString) {
  EXPECT_EQ(http_call_text("PUT", "/", "a=b"), R"({"body":"a=b","method":"PUT","path":"/"})");
  const std::string deep(100'000, '[');
  EXPECT_NE(http_call_text("PUT", "/", deep).find("\"body\":\"[[["), std::string::npos);
  EXPECT_NE(http_call_text("PUT", "/", "\xff").find("body"), std::string::npos);
}

std::string posted(std::string_view body) { return http_call_text("POST", "/x", body); }

TEST(HttpCall, OfBytesThatAreNotUtf8KeepsThemAll) {
  EXPECT_NE(posted(std::string("\0\xff\xfe", 3)), posted(std::string("\0\xc8\xc9", 3)));
  EXPECT_EQ(posted(std::string("\0\xff\xfe", 3)),
            R"({"body_base64":"AP/+","method":"POST","path":"/x"})");
  EXPECT_NE(posted("{\"a\":\"\xff\"}"), posted("{\"a\":\"\xfe\"}"));
  EXPECT_NE(http_call_text("GET", "/\xff", ""), http_call_text("GET", "/\xfe", ""));
}

TEST(HttpCall, KeepsEveryDigitOfANumberAndEveryKey) {
  EXPECT_NE(posted("[123456789012345678901123]"), posted("[123456789012345678901124]"));
  EXPECT_NE(posted("[9007199254740993.0]"), posted("[9007199254740992.0]"));
  EXPECT_NE(posted(R"({"a":1,"a":2})"), posted(R"({"a":2})"));
  EXPECT_EQ(posted("[1.0, 1e2]"), posted("[1,100]"));
}

TEST(HttpCall, TellsTheTextOfAJsonStringFromAStringAndNullFromNothing) {
  EXPECT_NE(posted("\"abc\""), posted("abc"));
  EXPECT_NE(posted("null"), posted(""));
  EXPECT_EQ(posted("\"\\u00e9\""), posted("\"é\""));
  EXPECT_NE(posted(R"(["\ud800"])"), posted(R"(["\ud801"])"));
}

struct OpenJournal {
  explicit OpenJournal(const std::string& text) {
    std::ofstream(scratch.path() / "j.jsonl") << text;
    recording = open_journal(scratch.path() / "j.jsonl", "j.jsonl");
  }
  ScratchDir scratch;
  std::unique_ptr<Recording> recording;
};

const std::string kHead = R"({"schema":"recrank.journal/1"})"
                          "\n";

TEST(JournalCalls, AreTheCallsOfTheStepInTheirOrder) {
  const OpenJournal journal(
      kHead +
      R"({"event":1,"calls":[{"request":{"method":"GET","path":"/a"},"response":{"status":404}},)"
      R"({"request":{"method":"POST","path":"/b","body":{"x":1}}}],"answer":2})"
      "\n");
  EXPECT_EQ(journal.recording->info().dialect, kHttpDialect);
  const auto steps = journal.recording->steps("program", {0, 1});
  Step step;
  ASSERT_TRUE(steps->next(step));
  ASSERT_EQ(step.calls.size(), 2U);
  EXPECT_EQ(step.calls[0].call, R"({"body":null,"method":"GET","path":"/a"})");
  EXPECT_EQ(step.calls[0].answer, R"({"status":404})");
  EXPECT_EQ(step.calls[1].call, R"({"body":{"x":1},"method":"POST","path":"/b"})");
  EXPECT_EQ(step.calls[1].answer, kNoResponse);
  EXPECT_EQ(step.expected_result, "2");
}

std::string first_call(const std::string& request) {
  const OpenJournal journal(kHead + R"({"event":1,"calls":[{"request":)" + request + "}]}\n");
  const auto steps = journal.recording->steps("program", {0, 1});
  Step step;
  EXPECT_TRUE(steps->next(step));
  return std::string(step.calls.at(0).call);
}

TEST(JournalCalls, HaveAFormForEveryBody) {
  const std::string binary("\0\xff\xfe", 3);
  EXPECT_EQ(first_call(R"({"method":"POST","path":"/x","body_base64":"AP/+"})"), posted(binary));
  for (const std::string& body :
       {binary, std::string("\"abc\""), std::string("abc"), std::string("null"), std::string(),
        std::string(R"({"b":[1e400,1.50],"a":"\ud800","a":2})"), std::string("12"),
        std::string(R"("\ud800")"), std::string("[1782602513000]")}) {
    const std::string call = posted(body);
    EXPECT_EQ(first_call(call), call) << body;  // as write_journal() writes it
  }
}

TEST(HttpAnswer, KeepsItsBody) {
  EXPECT_EQ(http_answer_text(200, R"({"n":1.50})"), R"({"status":200,"body":{"n":1.50}})");
  EXPECT_EQ(http_answer_text(200, "abc"), R"({"status":200,"body":"abc"})");
  EXPECT_NE(http_answer_text(200, "\"abc\""), http_answer_text(200, "abc"));
  EXPECT_EQ(http_answer_text(404, "\xff\xfe"), R"({"status":404,"body_base64":"//4="})");
}

TEST(JournalCalls, WithoutAnyItIsOverHttpOnlyWhenItsHeaderSaysSo) {
  EXPECT_EQ(OpenJournal(kHead + "{\"event\":1}\n").recording->info().dialect, kProcessDialect);
  EXPECT_EQ(OpenJournal(R"({"schema":"recrank.journal/1","transport":"http"})"
                        "\n{\"event\":1}\n")
                .recording->info()
                .dialect,
            kHttpDialect);
}

TEST(JournalCalls, ThatHaveAnotherFormAreDamageOfTheirLine) {
  for (const char* calls :
       {"[1]", "[{}]", R"([{"request":{"path":"/"}}])",
        R"([{"request":{"method":"GET","path":"/","body_base64":"!"}}])", R"([{"response":{}}])"}) {
    const OpenJournal journal(kHead + "{\"event\":1,\"calls\":" + calls + "}\n");
    const HashReport report = journal.recording->verify({});
    ASSERT_EQ(report.damage.size(), 1U) << calls;
    EXPECT_NE(report.damage[0].what.find("j.jsonl:2"), std::string::npos) << report.damage[0].what;
  }
  const OpenJournal other(kHead + "{\"event\":1,\"calls\":{}}\n");
  EXPECT_EQ(other.recording->verify({}).damage.size(), 1U);
}

}  // namespace journal_calls_test
}  // namespace recrank::program
