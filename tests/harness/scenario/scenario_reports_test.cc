// Every report over results that are put together here; whether published schemas accept them is
// looked
// at in tests/harness/report/report_schemas_test.cc.
#include "harness/scenario/scenario_reports.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <sstream>

#include "base/text.h"
#include "tests/support/harness/scenario_results.h"

namespace recrank {
namespace scenario_reports_test {

using namespace testing_support;
using testing::HasSubstr;
using testing::Not;

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
  EXPECT_EQ(json["scenarios"][0]["outcome"], "interrupted");
  EXPECT_EQ(json["scenarios"][0]["cases"][1]["finding"], "SIGSEGV null f<g");
  EXPECT_TRUE(json["scenarios"][0]["cases"][1]["known"].is_null());
  EXPECT_EQ(json["scenarios"][0]["cases"][1]["reproduce"], "recrank replay x --vat v1");
  EXPECT_EQ(json["scenarios"][1]["outcome"], "not judged");
  EXPECT_EQ(json["scenarios"][1]["why"], "scenario.json:3: no title");
}

TEST(RunReport, EachSaysWhereTwoValuesDifferAndHowFarTheyAreApart) {
  Verdict verdict;
  verdict.kind = VerdictKind::kDiverged;
  verdict.step = 7;
  Divergence& found = verdict.divergences.emplace_back();
  found.step = 7;
  found.field = Field::kSyscallWrong;
  found.expected = R"(["set",{"value":11891648}])";
  found.got = R"(["set",{"value":11891129}])";
  found.difference = find_difference(found.expected, found.got);
  ScenarioResult scenario{"one", "", "one/scenario.json", {}, "", 1};
  scenario.cases.push_back(judged("v1", CaseOutcome::kOtherwise, verdict));
  scenario.cases.back().why = "expected clean";
  const std::string line = "[1].value: expected 11891648, got 11891129, −519";
  EXPECT_THAT(run_markdown({scenario}), HasSubstr(line));
  EXPECT_THAT(run_text({scenario}), HasSubstr(line));
  const pugi::xml_document document = parse(run_junit({scenario}));
  const auto failure =
      document.child("testsuites").child("testsuite").child("testcase").child("failure");
  EXPECT_EQ(failure.attribute("message").value(), "expected clean: at " + line);
  EXPECT_THAT(failure.text().get(), HasSubstr(line));
  EXPECT_THAT(parse_json(run_sarif({scenario}))["runs"][0]["results"][0]["message"]["text"]
                  .get<std::string>(),
              HasSubstr(line));
  EXPECT_EQ(run_json({scenario})["scenarios"][0]["cases"][0].dump().find("\"delta\":\"-519\"") ==
                std::string::npos,
            false);
}

TEST(RunReport, OfJUnitCountsFailuresErrorsAndSkippedApart) {
  const pugi::xml_document document = parse(run_junit(all_kinds()));
  const auto suites = document.child("testsuites");
  EXPECT_EQ(suites.attribute("tests").as_int(), 6);
  EXPECT_EQ(suites.attribute("failures").as_int(), 1);
  EXPECT_EQ(suites.attribute("errors").as_int(), 3);
  const auto mixed = suites.child("testsuite");
  EXPECT_STREQ(mixed.attribute("name").value(), "mixed");
  EXPECT_EQ(mixed.attribute("skipped").as_int(), 1);
  std::vector<std::string> elements;
  for (const auto test : mixed.children("testcase"))
    elements.emplace_back(test.first_child().name());
  EXPECT_EQ(elements, (std::vector<std::string>{"", "failure", "error", "skipped", "error"}));
  const auto failure = mixed.child("testcase").next_sibling().child("failure");
  EXPECT_STREQ(failure.attribute("type").value(), "SIGSEGV null f<g");
  EXPECT_THAT(failure.text().get(), HasSubstr("reproduce: recrank replay x"));
  EXPECT_STREQ(suites.last_child().child("testcase").child("error").attribute("message").value(),
               "scenario.json:3: no title");
}

TEST(RunReport, OfSarifHasAResultForWhateverIsNotAsExpected) {
  const Json sarif = Json::parse(run_sarif(all_kinds()));
  EXPECT_EQ(sarif["version"], "2.1.0");
  const Json& run = sarif["runs"][0];
  ASSERT_EQ(run["results"].size(), 4U);
  EXPECT_EQ(run["results"][0]["ruleId"], "SIGSEGV null f<g");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["results"][1]["ruleId"], "not-judged");
  EXPECT_EQ(run["results"][1]["level"], "warning");
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "scenarios/mixed/scenario.json");
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 2U);
}

TEST(RunReport, OfMarkdownNamesAFailureByItsFindingWithEvidenceAndReproducer) {
  const std::string text = run_markdown(all_kinds());
  EXPECT_TRUE(text.starts_with(
      "## recrank: 1 as expected, 1 otherwise, 2 not judged, 1 skipped, 1 interrupted\n"));
  EXPECT_THAT(text, HasSubstr("### SIGSEGV null f\\<g\n"));
  EXPECT_THAT(text, HasSubstr("```sh\nrecrank replay x --vat v1\n```"));
  EXPECT_THAT(text, HasSubstr("crashed at step 7: SIGSEGV"));
  EXPECT_THAT(text, HasSubstr("(broken, scenario)"));
}

TEST(RunReport, OfTextEndsWithTheCounts) {
  const std::string text = run_text(all_kinds());
  EXPECT_THAT(text, HasSubstr("FAILED       mixed     v1 on bad       1.2 s\n"));
  EXPECT_THAT(text, HasSubstr("skipped      mixed     v1 on optional\n"));
  EXPECT_THAT(text, HasSubstr("why       expected clean, found a crash"));
  EXPECT_TRUE(
      text.ends_with("1 as expected, 1 otherwise, 2 not judged, 1 skipped, 1 interrupted\n"))
      << text;
}

TEST(RunReport, MarksAFindingThatIsFiled) {
  auto results = all_kinds();
  results[0].cases[1].known =
      KnownFinding{"SIGSEGV null *", "tracker#12", "https://example.org/12", "since May"};
  EXPECT_EQ(run_json(results)["scenarios"][0]["cases"][1]["known"]["issue"], "tracker#12");
  EXPECT_THAT(run_text(results),
              HasSubstr("known     tracker#12 https://example.org/12: since May"));
  EXPECT_THAT(run_markdown(results), HasSubstr("](https://example.org/12)"));
  EXPECT_THAT(run_sarif(results), HasSubstr("\"justification\": \"tracker#12\""));
  EXPECT_THAT(run_junit(results), HasSubstr("known as: tracker#12"));
}

TEST(RunReport, SaysNothingOfWhatIsFiledWhereNobodySaidWhatIs) {
  EXPECT_THAT(run_text(all_kinds()), HasSubstr("known     no"));
  EXPECT_THAT(run_markdown(all_kinds()), HasSubstr("| filed | not yet"));
  auto results = all_kinds();
  results[0].cases[1].looked_up = false;
  EXPECT_THAT(run_text(results), Not(HasSubstr("known     ")));
  EXPECT_THAT(run_markdown(results), Not(HasSubstr("| filed | not yet")));
  EXPECT_FALSE(run_json(results)["scenarios"][0]["cases"][1].contains("known"));
}

TEST(RunReport, WithstandsWhateverAnEngineSaid) {
  const std::vector<ScenarioResult> results = hostile();
  parse(run_junit(results));
  const std::string json = run_json(results).dump(1);  // throws for what is no UTF-8
  const std::string sarif = run_sarif(results);
  EXPECT_TRUE(Json::accept(sarif));
  EXPECT_THAT(sarif, HasSubstr("a%20b/%C3%A9/"));
  for (const std::string& text :
       {run_markdown(results), run_text(results), run_junit(results), json, sarif}) {
    for (const char bad : {'\x01', '\x1b', '\xff'}) EXPECT_EQ(text.find(bad), std::string::npos);
  }
}

// What would end the cell, the fence or the heading that it stands in.
TEST(RunReport, OfMarkdownKeepsHostileTextWhereItBelongs) {
  const std::string text = run_markdown(hostile());
  EXPECT_THAT(text, HasSubstr("\n````text\n"));
  std::istringstream lines(text);
  bool fenced = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("````")) fenced = !fenced;
    if (fenced) continue;
    EXPECT_FALSE(line.starts_with("| x |")) << line;
    EXPECT_EQ(line.find("<b>"), std::string::npos) << line;
    const size_t link = line.find("](javascript");
    EXPECT_TRUE(link == std::string::npos || line[link - 1] == '\\') << line;
  }
  EXPECT_FALSE(fenced);
}

TEST(RunReport, OfMarkdownStaysShortEnoughForASummary) {
  ScenarioResult scenario{"many", "", "f", {}, "", 1};
  for (int i = 0; i < 3000; ++i) {
    scenario.cases.push_back(judged("case " + std::to_string(i), CaseOutcome::kOtherwise,
                                    crash("S f", std::string(1000, 'x'))));
  }
  const std::string text = run_markdown({scenario});
  EXPECT_LT(text.size(), size_t{1} << 20);
  EXPECT_THAT(text, HasSubstr("more sections are left out"));
}

}  // namespace scenario_reports_test
}  // namespace recrank
