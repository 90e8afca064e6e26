#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/request/option_table.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_schema.h"

namespace recrank {
namespace scenario_file_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// The smallest scenario; `more` are further members, each on a line of its own from line 4 on.
std::string scenario(const std::string& more) {
  return "{\"schema\":\"recrank.scenario/1\",\n\"title\":\"t\",\n\"recording\":{\"path\":\"r\"}" +
         (more.empty() ? "" : ",\n" + more) + "}\n";
}

const char* const kEngine = "\"engines\":[\"a\"],\n\"expect\":{\"kind\":\"clean\"}";

Scenario parse(const std::string& text) { return parse_scenario("dir/name", text); }

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parse(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "none";
}

TEST(ScenarioFile, TheSmallestHasOneEngineOnEverySubject) {
  const Scenario read = parse(scenario(kEngine));
  EXPECT_EQ(read.name, "name");
  EXPECT_EQ(read.file, "dir/name/scenario.json");
  EXPECT_TRUE(read.directory.is_absolute());
  EXPECT_EQ(read.recording.path, "dir/name/r");
  ASSERT_EQ(read.engines.size(), 1U);
  EXPECT_EQ(read.engines[0].spec.name, "a");
  EXPECT_EQ(read.engines[0].spec.engine, "a");
  EXPECT_TRUE(read.subjects.empty());
  EXPECT_EQ(read.repeat, 1U);
  EXPECT_EQ(read.expect.at(0).verdict.line, 5);
}

TEST(ScenarioFile, EveryMemberArrives) {
  const Scenario read =
      parse(R"({"$schema":"x","schema":"recrank.scenario/1","title":"t","labels":["fast"],
    "recording":{"command":"make","as":"b","inside":"kernel","from":{"url":"https://x/y","sha256":")" +
            std::string(64, 'a') + R"(","as":"c","fetch":"curl"}},
    "subject":["v6","v9"],"range":{"from":3,"to":9,"from_genesis":true},
    "limits":{"meter":5,"step_s":1.5,"wall_s":2,"cpu_s":3,"memory":"1500MB"},"compare":["syscalls","result"],
    "aslr":"off","on_divergence":"continue","setup":{"vat_parameters":{"b":1,"a":2},"cache_size":2,"enable_disavow":true,"vat_bundle":"b.json"},
    "verify_clock":"none","perturb":{"parser_buffer_kb":64,"write_heap_after":"7","reload_after":"every:5"},
    "repeat":5,"engines":["a",{"name":"b","engine":"../x/y.json","supervisor":"s.js","needs":"n","optional":true}],
    "expect":[{"engine":"b","subject":"v9","kind":"limit","step":7,"signature":"S*","limit":"computrons","as_recorded":false,
               "rate":{"at_least":0.5,"at_most":0.9}},{"kind":"diverged","field":"result"}],
    "checkpoint":{"path":"state"},"reading":{"kind":"sst","hashes":true}})");
  EXPECT_EQ(read.recording.inside, "kernel");
  EXPECT_EQ(read.checkpoint.value().path, "dir/name/state");
  EXPECT_EQ(read.recording.from.at(0).as, "c");
  EXPECT_THAT(read.subjects, ElementsAre("v6", "v9"));
  EXPECT_EQ(read.options, parse_options(std::vector<std::string>{"--from",
                                                                 "3",
                                                                 "--to",
                                                                 "9",
                                                                 "--from-genesis",
                                                                 "--meter-limit",
                                                                 "5",
                                                                 "--step-limit",
                                                                 "1.5",
                                                                 "--wall-limit",
                                                                 "2",
                                                                 "--cpu-limit",
                                                                 "3",
                                                                 "--memory-limit",
                                                                 "1500MB",
                                                                 "--compare",
                                                                 "syscalls,result",
                                                                 "--aslr",
                                                                 "off",
                                                                 "--on-divergence",
                                                                 "continue",
                                                                 "--vat-parameters",
                                                                 R"({"b":1,"a":2})",
                                                                 "--cache-size",
                                                                 "2",
                                                                 "--enable-disavow",
                                                                 "true",
                                                                 "--vat-bundle",
                                                                 "dir/name/b.json",
                                                                 "--verify-clock",
                                                                 "none",
                                                                 "--parser-buffer",
                                                                 "64",
                                                                 "--write-heap-after",
                                                                 "7",
                                                                 "--reload-after",
                                                                 "every:5"}));
  EXPECT_EQ(read.engines.at(1).spec.engine, "dir/x/y.json");
  EXPECT_EQ(read.engines.at(1).spec.part("supervisor"), "dir/name/s.js");
  EXPECT_TRUE(read.engines.at(1).optional);
  const ExpectationRule* rule = rule_for(read, "b", "v9");
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(to_words(rule->verdict),
            "limit at step 7, computrons, S*, not as recorded, in 50 % of the runs or more, in 90 "
            "% of the runs or less");
  EXPECT_EQ(rule_for(read, "a", "v9")->verdict.field, "result");
  EXPECT_TRUE(read.reading->hashes);
}

TEST(ScenarioFile, AMatrixIsMultipliedOut) {
  const Scenario read = parse(scenario(
      R"("matrix":{"engine":["a",{"name":"b","optional":true}],"lockdown":[{"name":"l","path":"l.js","needs":"x"}],
      "supervisor":[{"name":"s","path":"s.js"},{"name":"t","path":"t.js","needs":"y"}]},
      "expect":[{"engine":"b / l / *","kind":"crashed"},{"kind":"clean"}])"));
  std::vector<std::string> names;
  for (const ScenarioEngine& each : read.engines) names.push_back(each.spec.name);
  EXPECT_THAT(names, ElementsAre("a / l / s", "a / l / t", "b / l / s", "b / l / t"));
  EXPECT_EQ(read.engines[1].spec.needs, "x; y");
  EXPECT_EQ(read.engines[1].spec.engine, "a");
  EXPECT_TRUE(read.engines[3].optional);
  EXPECT_EQ(rule_for(read, "b / l / t", "v1")->verdict.kind, "crashed");
  EXPECT_EQ(rule_for(read, "a / l / t", "v1")->verdict.kind, "clean");
}

TEST(ScenarioFile, WithAllARuleFindsASubjectByIdOrName) {
  const Scenario read = parse(scenario(
      R"("engines":["a"],"expect":[{"subject":"spinner","kind":"limit"},{"kind":"clean"}])"));
  EXPECT_EQ(rule_for(read, "a", "v9", "spinner")->verdict.kind, "limit");
  EXPECT_EQ(rule_for(read, "a", "v8", "ledger")->verdict.kind, "clean");
}

struct Wrong {
  const char* more;
  const char* told;
};

class ScenarioRefusal : public testing::TestWithParam<Wrong> {};

TEST_P(ScenarioRefusal, NamesTheLine) {
  EXPECT_THAT(refusal(scenario(GetParam().more)),
              HasSubstr(std::string("dir/name/scenario.json:") + GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    OfTheSchema, ScenarioRefusal,
    testing::Values(Wrong{"\"engins\":[]", "4: engins: there is no such member"},
                    Wrong{"\"engines\":[\n\"a\",\n{\"name\":\"b\",\"engin\":\"x\"}]",
                          "6: engines.1.engin: there is no such member"},
                    Wrong{"\"engines\":[\n7]",
                          "5: engines.0: a value of this kind may not stand here"},
                    Wrong{"\"engines\":[\n{}]", "5: engines.0: it lacks \"name\""},
                    Wrong{"\"engines\":[\"a\"],\n\"expect\":{\"kind\":\n\"unjudged\"}",
                          "5: expect.kind: this is none of the words"},
                    Wrong{"\"engines\":[\"a\"],\n\"expect\":{}", "5: expect: it lacks \"kind\""},
                    Wrong{"\"engines\":[\"a\"],\n\"expect\":[{\"kind\":\"clean\"},\n{\"kind\":"
                          "\"crashed\",\"step\":-1}]",
                          "6: expect.1.step: "},
                    Wrong{"\"repeat\":0", "4: repeat: "},
                    Wrong{"\"repeat\":1.5", "4: repeat: a value of this kind"},
                    Wrong{"\"aslr\":\"maybe\"", "4: aslr: this is none of the words"},
                    Wrong{"\"labels\":[\"a b\"]", "4: labels.0: this is not of the form"},
                    Wrong{"\"range\":{}", "4: range: "},
                    Wrong{"\"limits\":{\"memory\":\"much\"}", "4: limits.memory: "},
                    Wrong{"\"matrix\":{}", "4: matrix: it lacks \"engine\""}));

INSTANTIATE_TEST_SUITE_P(
    OfTheRules, ScenarioRefusal,
    testing::Values(
        Wrong{"", "1: it compares nothing"},
        Wrong{"\"reading\":{\n\"hashes\":false}", "4: reading: it asks nothing"},
        Wrong{"\"engines\":[\"a\"]", "1: it has engines and no \"expect\""},
        Wrong{"\"reading\":{\"kind\":\"sst\"},\n\"expect\":{\"kind\":\"clean\"}",
              "5: expect: there is no engine"},
        Wrong{
            "\"engines\":[\"a\"],\n\"matrix\":{\"engine\":[\"a\"]},\"expect\":{\"kind\":\"clean\"}",
            "5: matrix: either"},
        Wrong{"\"engines\":[\"a\",\n\"a\"],\"expect\":{\"kind\":\"clean\"}",
              "4: engines: two engines are named \"a\""},
        Wrong{"\"engines\":[\"a\"],\"expect\":[\n{\"engine\":\"b\",\"kind\":\"clean\"}]",
              "5: expect.0.engine: no engine is named \"b\""},
        Wrong{"\"engines\":[\"a\",\"b\"],\n\"expect\":[{\"engine\":\"a\",\"kind\":\"clean\"}]",
              "5: expect: nothing is expected of \"b\""},
        Wrong{"\"engines\":[\"a\"],\n\"expect\":[{\"subject\":\"v1\",\"kind\":\"clean\"}]",
              "5: expect: nothing is expected of \"a\""},
        Wrong{"\"engines\":[\"a\"],\"expect\":[{\"kind\":\"clean\"},\n{\"engine\":\"a\",\"kind\":"
              "\"crashed\"}]",
              "5: expect.1: rules before it"},
        Wrong{"\"subject\":[\"v1\",\n\"v1\"],\"engines\":[\"a\"],\"expect\":{\"kind\":\"clean\"}",
              "4: subject: \"v1\" is there twice"},
        Wrong{"\"subject\":[\"v1\"],\"engines\":[\"a\"],\n\"expect\":[{\"subject\":\"v2\",\"kind\":"
              "\"crashed\"},{\"kind\":\"clean\"}]",
              "5: expect.0.subject: \"v2\" is no subject"},
        Wrong{
            "\"range\":{\"from\":3,\n\"to\":2},\"engines\":[\"a\"],\"expect\":{\"kind\":\"clean\"}",
            "4: range: --from 3 is behind --to 2"},
        Wrong{"\"range\":{\"to\":9},\"engines\":[\"a\"],\"expect\":{\"kind\":\"crashed\","
              "\n\"step\":10}",
              "5: expect.step: it is outside the range"},
        Wrong{"\"engines\":[\"a\"],\"expect\":{\"kind\":\"clean\",\n\"step\":1}",
              "5: expect.step: \"clean\" has no such thing"},
        Wrong{"\"engines\":[\"a\"],\"expect\":{\"kind\":\"crashed\",\n\"field\":\"result\"}",
              "5: expect.field: \"crashed\" has no"},
        Wrong{"\"engines\":[\"a\"],\"expect\":{\"kind\":\"crashed\",\n\"limit\":\"cpu\"}",
              "5: expect.limit: \"crashed\" has no"},
        Wrong{"\"engines\":[\"a\"],\"expect\":{\"kind\":\"crashed\",\n\"rate\":{\"at_least\":0.5}}",
              "5: expect.rate: a rate needs \"repeat\""},
        Wrong{"\"repeat\":3,\"engines\":[\"a\"],\"expect\":{\"kind\":\"crashed\",\n\"rate\":{\"at_"
              "least\":0.5,\"at_most\":0.1}}",
              "5: expect.rate: at_least is above"},
        Wrong{"\"repeat\":3,\"engines\":[\"a\"],\"expect\":{\"kind\":\"crashed\",\n\"rate\":{\"at_"
              "least\":0}}",
              "5: expect.rate: every rate is within it"},
        Wrong{"\"reading\":{\"kind\":\"sst\"},\n\"checkpoint\":{\"path\":\"s\"}",
              "5: checkpoint: there is no engine"},
        Wrong{"\"engines\":[\"a\"],\"expect\":{\"kind\":\"clean\"},\n\"checkpoint\":{\"path\":"
              "\"s\",\"as\":\"t\"}",
              "5: checkpoint.as: a recording with a path"},
        Wrong{"\"subject\":[\"v1\",\"v2\"],\n\"reading\":{\"steps\":3}",
              "5: reading: steps, first and last"},
        Wrong{"\"limits\":{\"memory\":\"0MB\"},\"engines\":[\"a\"],\"expect\":{\"kind\":\"clean\"}",
              "4: limits.memory: --memory-limit takes"}));

TEST(ScenarioFile, TakesAFactOfAnyName) {
  for (const char* fact : {"digest", "state_root", "r2"}) {
    const Scenario read =
        parse(scenario("\"engines\":[\"a\"],\"expect\":{\"kind\":\"diverged\",\"field\":\"" +
                       std::string(fact) + "\"}"));
    EXPECT_EQ(read.expect.at(0).verdict.field, fact);
  }
}

TEST(ScenarioFile, EveryComplaintIsToldInTheOrderOfTheLines) {
  EXPECT_EQ(refusal(scenario("\"repeat\":\"x\",\n\"aslr\":1,\n\"title2\":2")),
            "dir/name/scenario.json:4: repeat: a value of this kind may not stand here; "
            "line 5: aslr: this is none of the words that may stand here; line 6: title2: there is "
            "no such member: \"title2\"");
}

TEST(ScenarioFile, WhatIsNoJsonIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("{\n\"a\" 1}"), "dir/name/scenario.json:2:5: JSON: expected ':'");
  EXPECT_EQ(refusal("{\n\"a\":\"\xff\"}"), "dir/name/scenario.json:2:6: it is not JSON in UTF-8");
  EXPECT_THAT(refusal("[]"), HasSubstr("scenario.json:1: a value of this kind may not stand here"));
  EXPECT_THAT(refusal("{\"title\":1,\n\"title\":2}"),
              HasSubstr("scenario.json:2:1: JSON: the key \"title\" stands in line 1"));
}

std::string with_recording(const std::string& recording) {
  return "{\"schema\":\"recrank.scenario/1\",\"title\":\"t\",\n\"recording\":" + recording + ",\n" +
         kEngine + "}";
}

TEST(ScenarioFile, ARecordingComesFromExactlyOnePlace) {
  EXPECT_THAT(refusal(with_recording("{}")),
              HasSubstr(":2: recording: exactly one of path, url and command is needed"));
  EXPECT_THAT(refusal(with_recording(R"({"path":"a","command":"b","as":"c"})")),
              HasSubstr(":2: recording: exactly one of path, url and command may be there"));
  EXPECT_THAT(refusal(with_recording(R"({"url":"https://x"})")), HasSubstr("it also needs"));
  EXPECT_THAT(refusal(with_recording(R"({"command":"x"})")), HasSubstr("it also needs \"as\""));
  EXPECT_THAT(refusal(with_recording(R"({"command":"x","as":"../y"})")),
              HasSubstr("recording.as: this is not of the form"));
  EXPECT_THAT(refusal(with_recording(R"({"command":"x","as":"y","inside":"a/../../b"})")),
              HasSubstr("recording.inside: no \"..\""));
  EXPECT_THAT(refusal(with_recording(R"({"path":"x","as":"y"})")),
              HasSubstr("recording.as: a recording with a path"));
  std::string nested = R"({"path":"x"})";
  for (int i = 0; i < 4; ++i) nested = R"({"command":"x","as":"y","from":)" + nested + "}";
  EXPECT_THAT(refusal(with_recording(nested)), HasSubstr("more than 4 within one another"));
}

TEST(ScenarioFile, TheSchemaIsTheOneThatIsShown) {
  std::ifstream file(fs::path(RECRANK_SOURCE_DIR) / "docs/schemas/scenario.schema.json");
  const std::string shown((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(scenario_schema_text(), shown);
}

TEST(FindScenarios, FindsAllBelowInTheOrderOfTheirNamesAndNoneWithinAnother) {
  const ScratchDir scratch;
  for (const char* name : {"b", "a/x", "a/x/deeper", "c"}) {
    fs::create_directories(scratch.path() / name);
    if (std::string(name) != "c") std::ofstream(scratch.path() / name / "scenario.json") << "{}";
  }
  EXPECT_THAT(find_scenarios(scratch.path()),
              ElementsAre(scratch.path() / "a/x", scratch.path() / "b"));
  EXPECT_THAT(find_scenarios(scratch.path() / "b"), ElementsAre(scratch.path() / "b"));
  EXPECT_THAT(find_scenarios(scratch.path() / "b/scenario.json"),
              ElementsAre(scratch.path() / "b"));
  try {
    static_cast<void>(find_scenarios(scratch.path() / "c"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(error.what(), HasSubstr("no scenario.json lies there or below"));
  }
}

}  // namespace scenario_file_test
}  // namespace recrank
