// The report of `run` as JSON.
#include "base/json.h"
#include "base/text.h"
#include "harness/report/repeat_report.h"
#include "harness/report/verdict_report.h"
#include "harness/scenario/scenario_reports.h"

namespace recrank {
namespace {

Json known_json(const KnownFinding& known) {
  Json json{{"issue", printable(known.issue)}, {"signature", printable(known.signature)}};
  if (!known.url.empty()) json["url"] = printable(known.url);
  if (!known.note.empty()) json["note"] = printable(known.note);
  return json;
}

Json case_json(const CaseResult& result) {
  Json json{{"name", printable(result.name)},
            {"outcome", to_string(result.outcome)},
            {"expected", printable(result.expected)}};
  if (!result.found.empty()) json["found"] = printable(result.found);
  if (!result.why.empty()) json["why"] = printable(result.why);
  if (result.engine) json["engine"] = to_json(*result.engine);
  if (result.session) {
    json["verdict"] = to_json(result.session->report.result.verdict, result.session->report.nearby);
    if (result.session->repeated.runs > 1) json["repeat"] = repeat_json(*result.session);
  }
  if (const std::string title = finding_title(result); !title.empty()) {
    json["finding"] = printable(title);
    if (result.looked_up) json["known"] = result.known ? known_json(*result.known) : Json(nullptr);
  }
  if (!result.reproduce.empty()) {
    json["reproduce"] = printable(result.reproduce, kReproduceBytesMax);
  }
  for (const std::string& file : result.files) json["files"].push_back(printable(file));
  if (!result.files_lost.empty()) json["files_lost"] = printable(result.files_lost);
  json["cost"] = {{"wall_s", result.wall_s}};
  return json;
}

}  // namespace

Json run_json(const std::vector<ScenarioResult>& results) {
  const RunCounts counts = count_cases(results);
  Json json{{"schema", "recrank.run/1"},
            {"counts",
             {{"as_expected", counts.as_expected},
              {"otherwise", counts.otherwise},
              {"not_judged", counts.not_judged},
              {"skipped", counts.skipped},
              {"interrupted", counts.interrupted}}},
            {"scenarios", Json::array()}};
  for (const ScenarioResult& result : results) {
    Json scenario{{"name", printable(result.name)},
                  {"title", printable(result.title)},
                  {"file", printable(result.file)},
                  {"outcome", to_string(outcome_of(result))}};
    if (!result.why.empty()) scenario["why"] = printable(result.why);
    scenario["cases"] = Json::array();
    for (const CaseResult& each : result.cases) scenario["cases"].push_back(case_json(each));
    scenario["cost"] = {{"wall_s", result.wall_s}};
    json["scenarios"].push_back(std::move(scenario));
  }
  return json;
}

}  // namespace recrank
