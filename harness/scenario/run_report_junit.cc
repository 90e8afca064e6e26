// The report of `run` as JUnit XML. Which members there are and in which order they stand: the
// schema that Jenkins publishes (jenkins-junit.xsd), which other viewers read as well.
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "base/text.h"
#include "harness/report/difference_report.h"
#include "harness/report/verdict_report.h"
#include "harness/scenario/scenario_reports.h"

namespace recrank {
namespace {

// Longer lines are cut; a reproducer should never be.
constexpr size_t kLineBytesMax = size_t{16} << 10;

// XML 1.0 has no way to write U+FFFE and U+FFFF, the last two of the three bytes long.
std::string without_noncharacters(std::string text) {
  for (const auto& [bytes, word] :
       {std::pair{"\xEF\xBF\xBE", "\\uFFFE"}, std::pair{"\xEF\xBF\xBF", "\\uFFFF"}}) {
    for (size_t at = text.find(bytes); at != std::string::npos; at = text.find(bytes, at)) {
      text.replace(at, 3, word);
    }
  }
  return text;
}

// Nor most control bytes: printable() makes words of them, line by line.
std::string clean(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    out += (out.empty() ? "" : "\n") + printable(line, kLineBytesMax);
  }
  return without_noncharacters(std::move(out));
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(clean(value).c_str());
}

std::string evidence(const CaseResult& result) {
  std::string text = "expected: " + result.expected + "\n";
  if (!result.found.empty()) text += "found: " + result.found + "\n";
  if (!result.why.empty()) text += "why: " + result.why + "\n";
  if (result.known) text += "known as: " + result.known->issue + "\n";
  if (!result.reproduce.empty()) text += "reproduce: " + result.reproduce + "\n";
  if (result.session) text += "\n" + evidence_text(result.session->report);
  return text;
}

// The schema gives <skipped> a text and nothing else.
void add_outcome(pugi::xml_node test, const CaseResult& result, const char* element) {
  pugi::xml_node node = test.append_child(element);
  const std::string title = finding_title(result);
  if (result.outcome == CaseOutcome::kSkipped) {
    node.append_child(pugi::node_pcdata).set_value(clean(result.why).c_str());
    return;
  }
  std::string message = result.why.empty() ? title : result.why;
  if (result.session) {
    const std::string line = difference_line(result.session->report.result.verdict);
    if (!line.empty()) message += ": " + line;
  }
  set(node, "message", message);
  set(node, "type", title.empty() ? std::string(to_string(result.outcome)) : title);
  node.append_child(pugi::node_pcdata).set_value(clean(evidence(result)).c_str());
}

void add_case(pugi::xml_node suite, const ScenarioResult& scenario, const CaseResult& result) {
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "name", result.name);
  set(test, "classname", scenario.name);
  set(test, "time", formatted(result.wall_s, "%.3f"));
  switch (result.outcome) {
    case CaseOutcome::kAsExpected: break;
    case CaseOutcome::kOtherwise: add_outcome(test, result, "failure"); break;
    case CaseOutcome::kNotJudged:
    case CaseOutcome::kInterrupted: add_outcome(test, result, "error"); break;
    case CaseOutcome::kSkipped: add_outcome(test, result, "skipped"); break;
  }
}

void set_counts(pugi::xml_node node, const RunCounts& counts) {
  const uint64_t all = counts.as_expected + counts.otherwise + counts.not_judged + counts.skipped +
                       counts.interrupted;
  set(node, "tests", std::to_string(all));
  set(node, "failures", std::to_string(counts.otherwise));
  set(node, "errors", std::to_string(counts.not_judged + counts.interrupted));
}

}  // namespace

std::string run_junit(const std::vector<ScenarioResult>& results) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suites = document.append_child("testsuites");
  set(suites, "name", "recrank");
  set_counts(suites, count_cases(results));
  double wall_s = 0;
  for (const ScenarioResult& scenario : results) {
    const RunCounts counts = count_cases({scenario});
    pugi::xml_node suite = suites.append_child("testsuite");
    set(suite, "name", scenario.name);
    set_counts(suite, counts);
    set(suite, "skipped", std::to_string(counts.skipped));
    set(suite, "time", formatted(scenario.wall_s, "%.3f"));
    for (const CaseResult& each : scenario.cases) add_case(suite, scenario, each);
    wall_s += scenario.wall_s;
  }
  set(suites, "time", formatted(wall_s, "%.3f"));
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace recrank
