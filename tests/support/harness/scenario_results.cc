#include "tests/support/harness/scenario_results.h"

#include <utility>

#include "base/text.h"

namespace recrank::testing_support {

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
  result.looked_up = true;
  result.engine.emplace();
  result.engine->name = "engine";
  result.engine->sha256 = std::string(64, 'a');
  return result;
}

CaseResult not_run(const std::string& name, CaseOutcome outcome, const std::string& why) {
  CaseResult result;
  result.name = name;
  result.outcome = outcome;
  result.expected = "clean";
  result.why = why;
  return result;
}

Verdict crash(const std::string& signature, const std::string& last_words) {
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

std::vector<ScenarioResult> all_kinds() {
  ScenarioResult mixed{"mixed", "A story", "scenarios/mixed/scenario.json", {}, "", 3.5};
  mixed.cases.push_back(judged("v1 on good", CaseOutcome::kAsExpected, clean()));
  mixed.cases.push_back(judged("v1 on bad", CaseOutcome::kOtherwise, crash("SIGSEGV null f<g")));
  mixed.cases.back().why = "expected clean, found a crash";
  mixed.cases.push_back(not_run("v1 on missing", CaseOutcome::kNotJudged, "no such engine"));
  mixed.cases.push_back(not_run("v1 on optional", CaseOutcome::kSkipped, "not fetched"));
  mixed.cases.push_back(not_run("v1 on late", CaseOutcome::kInterrupted, "interrupted"));
  ScenarioResult broken{
      "broken", "", "scenarios/broken/scenario.json", {}, "scenario.json:3: no title", 0};
  broken.cases.push_back(not_run("scenario", CaseOutcome::kNotJudged, broken.why));
  return {mixed, broken};
}

std::vector<ScenarioResult> hostile() {
  const std::string text = kHostileText;
  ScenarioResult scenario{text, text, "a b/\xc3\xa9/" + text, {}, text, 1};
  scenario.cases.push_back(judged(text, CaseOutcome::kOtherwise, crash(printable(text), text)));
  CaseResult& failed = scenario.cases.back();
  failed.why = failed.found = failed.expected = failed.reproduce = text;
  failed.known = KnownFinding{text, text, text, text};
  failed.files = {text};
  for (const CaseOutcome outcome :
       {CaseOutcome::kNotJudged, CaseOutcome::kSkipped, CaseOutcome::kInterrupted}) {
    scenario.cases.push_back(not_run(text, outcome, text));
  }
  return {scenario};
}

}  // namespace recrank::testing_support
