// The report of `run` for a terminal.
#include <array>
#include <cstdio>

#include "base/text.h"
#include "harness/report/difference_report.h"
#include "harness/scenario/scenario_reports.h"

namespace recrank {
namespace {

constexpr size_t kNameBytes = 60;

std::string word_of(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::kAsExpected: return "ok";
    case CaseOutcome::kOtherwise: return "FAILED";
    case CaseOutcome::kNotJudged: return "NOT JUDGED";
    case CaseOutcome::kSkipped: return "skipped";
    case CaseOutcome::kInterrupted: return "interrupted";
  }
  return "NOT JUDGED";
}

std::string known_text(const CaseResult& result) {
  if (!result.looked_up) return {};
  if (!result.known) return "    known     no: nobody has filed it as far as --known says\n";
  return "    known     " + printable(result.known->issue) +
         (result.known->url.empty() ? "" : " " + printable(result.known->url)) +
         (result.known->note.empty() ? "" : ": " + printable(result.known->note)) + "\n";
}

std::string details(const ScenarioResult& scenario, const CaseResult& result) {
  std::string text = "\n" + printable(scenario.name, kNameBytes) + ": " +
                     printable(result.name, kNameBytes) + ": " +
                     std::string(to_string(result.outcome)) + "\n";
  if (!result.expected.empty()) text += "    expected  " + printable(result.expected) + "\n";
  if (!result.found.empty()) text += "    found     " + printable(result.found) + "\n";
  if (!result.why.empty()) text += "    why       " + printable(result.why) + "\n";
  if (result.session) {
    const std::string line = difference_line(result.session->report.result.verdict);
    if (!line.empty()) text += "    differs   " + line + "\n";
  }
  text += known_text(result);
  if (!result.reproduce.empty())
    text += "    reproduce " + printable(result.reproduce, kReproduceBytesMax) + "\n";
  for (const std::string& file : result.files) text += "    kept      " + printable(file) + "\n";
  if (!result.files_lost.empty()) text += "    LOST      " + printable(result.files_lost) + "\n";
  return text;
}

std::string counted_if_any(uint64_t count, const char* what) {
  return count == 0 ? std::string() : ", " + format_count(count) + " " + what;
}

}  // namespace

std::string run_text(const std::vector<ScenarioResult>& results) {
  std::vector<std::vector<std::string>> rows{{"", "scenario", "case", ""}};
  std::string failures;
  for (const ScenarioResult& scenario : results) {
    for (const CaseResult& each : scenario.cases) {
      rows.push_back({word_of(each.outcome), printable(scenario.name, kNameBytes),
                      printable(each.name, kNameBytes),
                      each.wall_s > 0 ? formatted(each.wall_s, "%.1f s") : ""});
      const bool fine = each.outcome == CaseOutcome::kAsExpected;
      if (!fine) failures += details(scenario, each);
    }
  }
  const RunCounts counts = count_cases(results);
  return format_table(rows) + failures + "\n" + format_count(counts.as_expected) + " as expected" +
         counted_if_any(counts.otherwise, "otherwise") +
         counted_if_any(counts.not_judged, "not judged") +
         counted_if_any(counts.skipped, "skipped") +
         counted_if_any(counts.interrupted, "interrupted") + "\n";
}

}  // namespace recrank
