// The whole program over a stand-in for a program that is fed by a journal: whatever replay,
// inspect and compare do for a vat they do here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "replay/process/core_file.h"
#include "replay/process/namespaces.h"
#include "tests/support/replay/program_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace replay_program_e2e_test {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::run_recrank;

constexpr const char* kHeader = R"({"schema":"recrank.journal/1","subject":"shop"})"
                                "\n";

// What the stand-in answers to event number `n`.
std::string answer(int n, const std::string& event) {
  return R"({"n":)" + std::to_string(n) + R"(,"got":)" + event + "}";
}

std::string line(const std::string& event, const std::string& told) {
  return R"({"event":)" + event + R"(,"answer":)" + told + "}\n";
}

class ProgramReplay : public testing::Test {
 protected:
  [[nodiscard]] json replay(const std::string& journal, int status,
                            std::vector<std::string> more = {}) const {
    const std::string file = home_.write("shop.jsonl", journal).string();
    std::vector<std::string> words{"replay", file, "--engine", home_.engine_file().string(),
                                   "--json", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ProgramHome home_{R"(,"arguments":["shop.jsonl"],"environment":{"MODE":"replay"})"};
};

TEST_F(ProgramReplay, IsCleanWhenEveryRecordedAnswerComesAgain) {
  // White space and the order of members are no differences.
  const json report = replay(std::string(kHeader) + line("{\"a\":1}", answer(0, "{\"a\":1}")) +
                                 line("[2]", R"({"got": [2], "n": 1})") + "{\"event\":3}\n",
                             0);
  EXPECT_EQ(report.at("verdict").at("kind"), "clean");
  EXPECT_EQ(report.at("subject").at("kind"), "program");
  EXPECT_EQ(report.at("subject").at("name"), "shop");
  EXPECT_EQ(report.at("recording").at("kind"), "journal");
  EXPECT_EQ(report.at("compared").at("steps"), 3);
  EXPECT_EQ(report.at("compared").at("results"), 2);
  EXPECT_FALSE(report.contains("assumed"));
}

TEST_F(ProgramReplay, SaysWhatTheProgramWasStartedWith) {
  const json engine = replay("{}\n{}\n", 125).at("engine");
  EXPECT_EQ(engine.at("dialect"), "process");
  EXPECT_EQ(engine.at("version"), "fake_program 7.0");
  EXPECT_EQ(engine.at("arguments"), json::array({"shop.jsonl"}));
  EXPECT_EQ(engine.at("environment"), json({{"MODE", "replay"}}));
  EXPECT_EQ(engine.at("files").at("shop.jsonl").get<std::string>().size(), 64U);
}

TEST_F(ProgramReplay, SaysThatTheProgramHadALoopback) {
  if (const std::string refusal = try_namespaces(); !refusal.empty())
    GTEST_SKIP() << "skipped: " << refusal;
  const ProgramHome home(R"(,"network":"loopback")");
  const std::string file =
      home.write("shop.jsonl", std::string(kHeader) + line(R"({"do":"talk"})", "\"heard\""))
          .string();
  const std::vector<std::string> words{"replay", file, "--engine", home.engine_file().string()};
  const auto ran = run_recrank(words);
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("network loopback"));
  auto as_json = words;
  as_json.insert(as_json.end(), {"--json", "-"});
  EXPECT_EQ(json::parse(run_recrank(as_json).out).at("engine").at("network"), "loopback");
}

TEST_F(ProgramReplay, TheWordsOfADyingRuntimeMakeTheSignature) {
  const json verdict = replay(std::string("{}\n") + R"({"do":"die_as_bun"})"
                                                    "\n",
                              2)
                           .at("verdict");
  EXPECT_EQ(verdict.at("exit_status"), 1);
  EXPECT_EQ(verdict.at("signature"),
            "exit 1 error \"Timed out while waiting for handshake\" unheard-error-event client.js");
  EXPECT_EQ(replay(std::string("{}\n") + R"({"do":"exit1"})"
                                         "\n",
                   2)
                .at("verdict")
                .at("signature"),
            R"(exit 1 "error: no such thing")");
}

TEST_F(ProgramReplay, NamesTheFirstAnswerThatDiffers) {
  const json report = replay(std::string(kHeader) + line("0", answer(0, "0")) +
                                 line("1", answer(1, "7")) + line("2", answer(2, "2")),
                             1);
  const json& verdict = report.at("verdict");
  EXPECT_EQ(verdict.at("kind"), "diverged");
  EXPECT_EQ(verdict.at("step"), 1);
  EXPECT_EQ(verdict.at("field"), "result");
  EXPECT_EQ(verdict.at("expected"), answer(1, "7"));
  EXPECT_EQ(verdict.at("got"), answer(1, "1"));
}

TEST_F(ProgramReplay, RefusesTheOptionsOfOtherSystems) {
  for (const char* option : {"--meter-limit", "--vat-parameters", "--parser-buffer"}) {
    const json report = replay(std::string(kHeader) + "{\"event\":1}\n", 129, {option, "100"});
    EXPECT_THAT(report.at("error").at("text").get<std::string>(),
                HasSubstr(std::string(option) + " is an option of agoric, and "));
  }
}

TEST_F(ProgramReplay, ContinuesBehindADifferenceWhenAsked) {
  const json report =
      replay(std::string(kHeader) + line("0", "0") + line("1", answer(1, "1")) + line("2", "2"), 1,
             {"--on-divergence", "continue"});
  EXPECT_EQ(report.at("verdict").at("divergence_count"), 2);
  EXPECT_EQ(report.at("compared").at("results"), 3);
}

TEST_F(ProgramReplay, IsNeverCleanWithoutARecordedAnswer) {
  const json report = replay("{\"a\":1}\n{\"b\":2}\n", 125);
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(),
              HasSubstr("nothing to compare: 2 steps ran"));
  const json narrowed =
      replay(std::string(kHeader) + line("0", answer(0, "0")), 125, {"--compare", "syscalls"});
  EXPECT_EQ(narrowed.at("verdict").at("kind"), "unjudged");
}

TEST_F(ProgramReplay, FindsACrashEvenWhereNothingIsExpected) {
  const json report = replay("{\"a\":1}\n{\"do\":\"segv\"}\n{\"b\":2}\n", 2);
  EXPECT_EQ(report.at("verdict").at("kind"), "crashed");
  EXPECT_EQ(report.at("verdict").at("step"), 1);
  EXPECT_EQ(report.at("verdict").at("signal"), "SIGSEGV");
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--from 0 --to 1"));
}

TEST_F(ProgramReplay, AnExitIsACrashWithItsStatusAndLastWords) {
  const json failed = replay("{}\n{\"do\":\"exit1\"}\n", 2).at("verdict");
  EXPECT_EQ(failed.at("exit_status"), 1);
  EXPECT_THAT(failed.at("last_words").get<std::string>(), HasSubstr("error: no such thing"));
  const json left = replay("{}\n{\"do\":\"exit0\"}\n", 2).at("verdict");
  EXPECT_EQ(left.at("meaning"), "left without an answer");
}

TEST_F(ProgramReplay, AHangIsALimit) {
  const json report = replay("{}\n{\"do\":\"hang\"}\n", 3, {"--step-limit", "0.5"});
  EXPECT_EQ(report.at("verdict").at("limit"), "step-wall");
}

TEST_F(ProgramReplay, DamageIsUnjudgedWithItsLine) {
  const json report = replay("{}\n{}\nbroken\n{\"do\":\"segv\"}\n", 125);
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("shop.jsonl:3"));
  // What lies before it can be judged.
  EXPECT_EQ(replay("{}\n{\"do\":\"segv\"}\nbroken\n", 2, {"--to", "1"}).at("verdict").at("step"),
            1);
}

TEST_F(ProgramReplay, RepeatAndAllWorkAsForVats) {
  const json repeated = replay("{\"do\":\"segv\"}\n{}\n", 2, {"--repeat", "3"});
  EXPECT_EQ(repeated.at("repeat").at("agreed"), 3);
  const json all = replay("{\"do\":\"segv\"}\n{}\n", 2, {"--all"});
  EXPECT_EQ(all.at("subjects").at(0).at("subject").at("kind"), "program");
}

TEST_F(ProgramReplay, InspectListsTheEventsAndSaysWhatIsTorn) {
  const std::string file =
      home_.write("shop.jsonl", std::string(kHeader) + "{\"event\":{\"buy\":1}}\n{\"eve").string();
  const auto ran = run_recrank({"inspect", file, "--vat", "program", "--from", "0", "--json", "-"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const json report = json::parse(ran.out);
  EXPECT_EQ(report.at("subjects").at(0).at("kind"), "program");
  EXPECT_EQ(report.at("listed").at(0).at("what"), "{\"buy\":1}");
  EXPECT_THAT(report.at("notes").at(0).get<std::string>(), HasSubstr("torn"));
}

TEST_F(ProgramReplay, CompareFindsTheEventAndTheAnswerThatDiffer) {
  const std::string start = std::string(kHeader) + line("0", "0");
  const std::string a = home_.write("a.jsonl", start + line("1", "{\"x\":1}")).string();
  const auto compared = [&](const std::string& text, int status) {
    const auto ran =
        run_recrank({"compare", a, home_.write("b.jsonl", text).string(), "--json", "-"});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return ran.out;
  };
  EXPECT_THAT(compared(start + line("1", "{ \"x\": 1}"), 0), HasSubstr("\"program\""));
  EXPECT_THAT(compared(start + line("1", "{\"x\":2}"), 1), HasSubstr("\"result\""));
  EXPECT_THAT(compared(start + line("2", "{\"x\":1}"), 1), HasSubstr("\"delivery\""));
}

TEST_F(ProgramReplay, AVatsRecordingIsNotSentToAProgram) {
  const std::string sst =
      home_
          .write(
              "v1.sst",
              R"({"type":"create-vat","transcriptNum":0,"vatID":"v1","dynamic":false,"vatSourceBundle":{"moduleFormat":"nestedEvaluate","source":""}})"
              "\n"
              R"({"transcriptNum":1,"d":["message","o+0",{}],"syscalls":[]})"
              "\n")
          .string();
  const auto ran =
      run_recrank({"replay", sst, "--engine", home_.engine_file().string(), "--json", "-"});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.out, HasSubstr("choose another engine"));
}

TEST_F(ProgramReplay, AnEngineFileCanBeAddedByName) {
  const ScratchDir config;
  const testing_support::RunOptions options{{"RECRANK_HOME=" + config.path().string()}, 0, {}};
  const auto added = run_recrank({"engines", "add", "shop", home_.engine_file().string()}, options);
  ASSERT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("added shop: fake_program 7.0, process"));
  const std::string journal =
      home_.write("shop.jsonl", std::string(kHeader) + line("0", answer(0, "0"))).string();
  EXPECT_EQ(run_recrank({"replay", journal, "--engine", "shop"}, options).status, 0);
  // The only engine that speaks to programs is taken without being named.
  EXPECT_EQ(run_recrank({"replay", journal}, options).status, 0);
}

TEST_F(ProgramReplay, ASecretInTheEngineFileIsAUsageError) {
  const ProgramHome home(R"(,"environment":{"DB_PASSWORD":"hunter2"})");
  const std::string journal = home.write("shop.jsonl", "{}\n{}\n").string();
  const auto ran = run_recrank({"replay", journal, "--engine", home.engine_file().string()});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("DB_PASSWORD looks like a secret"));
  EXPECT_THAT(ran.err + ran.out, testing::Not(HasSubstr("hunter2")));
}

// The kernel would put it into the directory of the program, over a file of that name.
TEST_F(ProgramReplay, ACoreFileIsNeverLeftInADirectoryOfTheUsers) {
  const CorePattern pattern = CorePattern::of_system();
  if (!why_no_core(pattern).empty()) GTEST_SKIP() << "skipped: no core files here";
  if (pattern.text.find('/') != std::string::npos) GTEST_SKIP() << "skipped: cores lie elsewhere";
  const auto own = home_.write("core", "of the user's");
  const json verdict = replay("{}\n{\"do\":\"segv\"}\n", 2,
                              {"--capture", "core", "--core-out", home_.path().string()})
                           .at("verdict");
  EXPECT_THAT(verdict.at("core").at("missing").get<std::string>(),
              HasSubstr("set kernel.core_pattern to an absolute path"));
  EXPECT_EQ(std::filesystem::file_size(own), 13U);
}

}  // namespace replay_program_e2e_test
}  // namespace recrank
