// Every report over results that are put together here; whether published schemas accept them is
// looked at in tests/e2e.
#include "harness/scenario_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "base/text.h"

namespace recrank {
namespace {

using testing::HasSubstr;

CaseResult judged(const std::string& name, CaseOutcome outcome, Verdict verdict) {
  CaseResult result;
  result.name = name;
  result.outcome = outcome;
  result.expected = "clean";
  result.found = "what was found";
  result.reproduce = "recrank replay x --vat v1";
  result.wall_s = 1.25;
  result.session.emplace();
  result.session->report.subject.id = "v1";
  result.session->report.result.verdict = std::move(verdict);
  result.session->repeated.runs = 1;
  result.engine.emplace();
  result.engine->name = "engine";
  result.engine->sha256 = std::string(64, 'a');
  return result;
}

Verdict crash(const std::string& signature, const std::string& last_words = "") {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.step = 7;
  verdict.end.signal = 11;
  verdict.end.meaning = "SIGSEGV";
  verdict.end.last_words = last_words;
  verdict.signature = signature;
  return verdict;
}

Verdict clean() {
  Verdict verdict;
  verdict.kind = VerdictKind::kClean;
  return verdict;
}

CaseResult not_run(const std::string& name, CaseOutcome outcome, const std::string& why) {
  CaseResult result;
  result.name = name;
  result.outcome = outcome;
  result.expected = "clean";
  result.why = why;
  return result;
}

// One scenario with a case of each kind, and one that could not be begun.
std::vector<ScenarioResult> all_kinds() {
  ScenarioResult mixed{"mixed", "A story", "scenarios/mixed/scenario.json", {}, "", 3.5};
  mixed.cases.push_back(judged("v1 on good", CaseOutcome::kAsExpected, clean()));
  mixed.cases.push_back(judged("v1 on bad", CaseOutcome::kOtherwise, crash("SIGSEGV null f<g")));
  mixed.cases.back().why = "expected clean, found a crash";
  mixed.cases.push_back(not_run("v1 on missing", CaseOutcome::kNotJudged, "no such engine"));
  mixed.cases.push_back(not_run("v1 on optional", CaseOutcome::kSkipped, "not fetched"));
  ScenarioResult broken{"broken", "", "scenarios/broken/scenario.json", {}, "scenario.json:3: no title", 0};
  return {mixed, broken};
}

pugi::xml_document parse(const std::string& xml) {
  pugi::xml_document document;
  const auto parsed = document.load_string(xml.c_str());
  EXPECT_TRUE(parsed) << parsed.description() << "\n" << xml;
  return document;
}

TEST(RunReport, OfJsonHoldsEveryCaseWithItsOutcomeAndTheCounts) {
  const Json json = run_json(all_kinds());
  EXPECT_EQ(json["schema"], "recrank.run/1");
  EXPECT_EQ(json["counts"]["as_expected"], 1);
  EXPECT_EQ(json["counts"]["otherwise"], 1);
  EXPECT_EQ(json["scenarios"][0]["outcome"], "otherwise");
  EXPECT_EQ(json["scenarios"][0]["cases"][1]["finding"], "SIGSEGV null f<g");
  EXPECT_TRUE(json["scenarios"][0]["cases"][1]["known"].is_null());
  EXPECT_EQ(json["scenarios"][0]["cases"][1]["reproduce"], "recrank replay x --vat v1");
  EXPECT_EQ(json["scenarios"][1]["outcome"], "not judged");
  EXPECT_EQ(json["scenarios"][1]["why"], "scenario.json:3: no title");
}

TEST(RunReport, OfJUnitCountsFailuresErrorsAndSkippedApart) {
  const pugi::xml_document document = parse(run_junit(all_kinds()));
  const auto suites = document.child("testsuites");
  EXPECT_EQ(suites.attribute("tests").as_int(), 5);
  EXPECT_EQ(suites.attribute("failures").as_int(), 1);
  EXPECT_EQ(suites.attribute("errors").as_int(), 2);
  const auto mixed = suites.child("testsuite");
  EXPECT_STREQ(mixed.attribute("name").value(), "mixed");
  EXPECT_EQ(mixed.attribute("skipped").as_int(), 1);
  std::vector<std::string> elements;
  for (const auto test : mixed.children("testcase")) elements.emplace_back(test.first_child().name());
  EXPECT_EQ(elements, (std::vector<std::string>{"", "failure", "error", "skipped"}));
  const auto failure = mixed.child("testcase").next_sibling().child("failure");
  EXPECT_STREQ(failure.attribute("type").value(), "SIGSEGV null f<g");
  EXPECT_THAT(failure.text().get(), HasSubstr("reproduce: recrank replay x"));
  EXPECT_STREQ(suites.last_child().child("testcase").child("error").attribute("message").value(), "scenario.json:3: no title");
}

TEST(RunReport, OfSarifHasAResultForWhateverIsNotAsExpected) {
  const Json sarif = Json::parse(run_sarif(all_kinds()));
  EXPECT_EQ(sarif["version"], "2.1.0");
  const Json& run = sarif["runs"][0];
  ASSERT_EQ(run["results"].size(), 3U);
  EXPECT_EQ(run["results"][0]["ruleId"], "SIGSEGV null f<g");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["results"][1]["ruleId"], "not-judged");
  EXPECT_EQ(run["results"][1]["level"], "warning");
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "scenarios/mixed/scenario.json");
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 2U);
}

TEST(RunReport, OfMarkdownNamesAFailureByItsFindingWithEvidenceAndReproducer) {
  const std::string text = run_markdown(all_kinds());
  EXPECT_TRUE(text.starts_with("## recrank: 1 as expected, 1 otherwise, 1 not judged, 1 skipped\n"));
  EXPECT_THAT(text, HasSubstr("### SIGSEGV null f\\<g\n"));
  EXPECT_THAT(text, HasSubstr("```sh\nrecrank replay x --vat v1\n```"));
  EXPECT_THAT(text, HasSubstr("crashed at step 7: SIGSEGV"));
  EXPECT_THAT(text, HasSubstr("### broken could not be begun"));
}

TEST(RunReport, OfTextEndsWithTheCounts) {
  const std::string text = run_text(all_kinds());
  EXPECT_THAT(text, HasSubstr("FAILED      mixed     v1 on bad"));
  EXPECT_THAT(text, HasSubstr("why       expected clean, found a crash"));
  EXPECT_TRUE(text.ends_with("1 as expected, 1 otherwise, 1 not judged, 1 skipped\n")) << text;
}

TEST(RunReport, MarksAFindingThatIsFiled) {
  auto results = all_kinds();
  results[0].cases[1].known = KnownFinding{"SIGSEGV null *", "tracker#12", "https://example.org/12", "since May"};
  EXPECT_EQ(run_json(results)["scenarios"][0]["cases"][1]["known"]["issue"], "tracker#12");
  EXPECT_THAT(run_text(results), HasSubstr("known     tracker#12 https://example.org/12: since May"));
  EXPECT_THAT(run_markdown(results), HasSubstr("](https://example.org/12)"));
  EXPECT_THAT(run_sarif(results), HasSubstr("\"justification\": \"tracker#12\""));
  EXPECT_THAT(run_junit(results), HasSubstr("known as: tracker#12"));
}

TEST(RunReport, WithstandsWhateverAnEngineSaid) {
  const std::string hostile = "a\x01\xff]]>&\"'<b>```\n| x |\n](javascript:y)\x1b[31m";
  ScenarioResult scenario{"s|<&\"", hostile, "a b/\xc3\xa9/scenario.json", {}, "", 1};
  scenario.cases.push_back(judged(hostile, CaseOutcome::kOtherwise, crash(printable(hostile), hostile)));
  scenario.cases.back().why = scenario.cases.back().found = hostile;
  const std::vector<ScenarioResult> results{scenario};
  parse(run_junit(results));
  EXPECT_FALSE(Json::parse(run_sarif(results), nullptr, false).is_discarded());
  EXPECT_NO_THROW(static_cast<void>(run_json(results).dump()));
  for (const std::string& text : {run_markdown(results), run_text(results), run_junit(results)}) {
    for (const char bad : {'\x01', '\x1b', '\xff'}) EXPECT_EQ(text.find(bad), std::string::npos);
  }
  // Its last words hold a fence; the one around them is longer.
  EXPECT_THAT(run_markdown(results), HasSubstr("\n````text\n"));
  EXPECT_THAT(run_sarif(results), HasSubstr("a%20b/%C3%A9/scenario.json"));
}

TEST(RunReport, OfMarkdownStaysShortEnoughForASummary) {
  ScenarioResult scenario{"many", "", "f", {}, "", 1};
  for (int i = 0; i < 3000; ++i) {
    scenario.cases.push_back(judged("case " + std::to_string(i), CaseOutcome::kOtherwise, crash("S f", std::string(1000, 'x'))));
  }
  const std::string text = run_markdown({scenario});
  EXPECT_LT(text.size(), size_t{1} << 20);
  EXPECT_THAT(text, HasSubstr("more sections are left out"));
}

}  // namespace
}  // namespace recrank
