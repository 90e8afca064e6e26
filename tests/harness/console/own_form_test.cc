#include "harness/console/own_form.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "harness/scenario/scenario_reports.h"
#include "harness/session/telemetry_file.h"

namespace recrank {
namespace own_form_test {

std::vector<ScenarioResult> one_result() {
  std::vector<ScenarioResult> results(1);
  results.front().name = "bank";
  CaseResult& first = results.front().cases.emplace_back();
  first.name = "xsnap-0.15.0";
  first.outcome = CaseOutcome::kOtherwise;
  first.why = "it is another";
  return results;
}

TEST(OwnForm, KnowsTheReportsOfARun) {
  EXPECT_TRUE(is_own_report(run_junit(one_result()).substr(0, kOwnFormBytes)));
  EXPECT_TRUE(is_own_report(run_sarif(one_result()).substr(0, kOwnFormBytes)));
  EXPECT_TRUE(is_own_report(run_markdown(one_result()).substr(0, kOwnFormBytes)));
  EXPECT_TRUE(is_own_report(json_text(run_json(one_result()), 2).substr(0, kOwnFormBytes)));
}

TEST(OwnForm, KnowsTelemetry) {
  StepTelemetry step;
  step.subject_id = "v6";
  EXPECT_TRUE(is_own_report(telemetry_head() + "\n"));
  EXPECT_TRUE(is_own_report(telemetry_row(step, false, TelemetryFormat::kJsonLines) + "\n"));
}

TEST(OwnForm, TakesNothingElseForOne) {
  for (const char* text :
       {"", "SQLite format 3", "{}", "{\"a\":1,\"schema\":\"recrank.replay/1\"}",
        "{\"schema\":\"recrank.replay/10\"}", "{\"schema\":\"recrank.scenario/1\"}",
        "{\"schema\":\"recrank.replay", "<?xml version=\"1.0\"?><testsuites name=\"jest\">",
        "{\"$schema\":\"x\",\"version\":\"2.1.0\"}", "{\"vat\":\"v6\",\"time\":3}", "# notes\n",
        "vat,run\n"}) {
    EXPECT_FALSE(is_own_report(text)) << text;
  }
}

}  // namespace own_form_test
}  // namespace recrank
