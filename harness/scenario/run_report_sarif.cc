// The report of `run` as SARIF 2.1.0 (OASIS standard). One rule per finding, one result per case
// that is not as expected.
#include <filesystem>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "base/version.h"
#include "harness/report/difference_report.h"
#include "harness/scenario/scenario_reports.h"
#include "harness/session/subject_report.h"

namespace recrank {
namespace {

constexpr const char* kSarifSchema = "https://json.schemastore.org/sarif-2.1.0.json";
constexpr const char* kNotJudgedRule = "not-judged";
constexpr size_t kRuleBytesMax = 200;
std::string rule_of(const CaseResult& result) {
  const std::string title = finding_title(result);
  const bool judged = result.outcome == CaseOutcome::kOtherwise;
  if (!judged) return kNotJudgedRule;
  return title.empty() ? "expected-finding-missing" : printable(title, kRuleBytesMax);
}

std::string message_of(const ScenarioResult& scenario, const CaseResult& result) {
  std::string text = printable(scenario.name) + ": " + printable(result.name) + ": ";
  text += result.why.empty() ? std::string(to_string(result.outcome)) : printable(result.why);
  if (result.session) {
    const std::string line = difference_line(result.session->report.result.verdict);
    if (!line.empty()) text += ": " + line;
  }
  if (result.known) text += " (known as " + printable(result.known->issue) + ")";
  if (!result.reproduce.empty()) {
    text += ". Reproduce: " + printable(result.reproduce, kReproduceBytesMax);
  }
  return text;
}

// A path as a URI: whatever is no letter of one is escaped. A relative one stays so: viewers take
// it from the root of the repository.
std::string uri_of(const std::string& file) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const std::string path = std::filesystem::path(file).lexically_normal().string();
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) uri += c;
    else uri += std::string("%") + kHex[byte >> 4] + kHex[byte & 15];
  }
  return uri;
}

Json result_json(const ScenarioResult& scenario, const CaseResult& result,
                 const std::string& rule) {
  const bool failed = result.outcome == CaseOutcome::kOtherwise;
  Json json{{"ruleId", rule},
            {"level", failed ? "error" : "warning"},
            {"message", {{"text", message_of(scenario, result)}}},
            {"locations", Json::array({{{"physicalLocation",
                                         {{"artifactLocation", {{"uri", uri_of(scenario.file)}}},
                                          {"region", {{"startLine", 1}}}}}}})},
            {"partialFingerprints",
             {{"recrankFinding/v1",
               printable(scenario.name) + "/" + printable(result.name) + "/" + rule}}}};
  if (result.known) {
    json["suppressions"] =
        Json::array({{{"kind", "external"}, {"justification", printable(result.known->issue)}}});
  }
  return json;
}

}  // namespace

std::string run_sarif(const std::vector<ScenarioResult>& results) {
  std::set<std::string> rules;
  Json found = Json::array();
  for (const ScenarioResult& scenario : results) {
    for (const CaseResult& each : scenario.cases) {
      const bool fine =
          each.outcome == CaseOutcome::kAsExpected || each.outcome == CaseOutcome::kSkipped;
      if (fine) continue;
      const std::string rule = rule_of(each);
      rules.insert(rule);
      found.push_back(result_json(scenario, each, rule));
    }
  }
  Json listed = Json::array();
  for (const std::string& rule : rules) {
    listed.push_back({{"id", rule}, {"shortDescription", {{"text", rule}}}});
  }
  const Json sarif{
      {"$schema", kSarifSchema},
      {"version", "2.1.0"},
      {"runs",
       Json::array(
           {{{"tool",
              {{"driver",
                {{"name", "recrank"}, {"version", version()}, {"rules", std::move(listed)}}}}},
             {"columnKind", "utf16CodeUnits"},
             {"results", std::move(found)}}})}};
  return json_text(sarif, 2) + "\n";
}

}  // namespace recrank
