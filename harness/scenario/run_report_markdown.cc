// The report of `run` as GitHub-flavoured Markdown.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "harness/console/markdown.h"
#include "harness/report/repeat_report.h"
#include "harness/report/verdict_report.h"
#include "harness/scenario/scenario_reports.h"

namespace recrank {
namespace {

// GitHub refuses a summary of more than 1 MiB; the rest of a page may stand beside this report.
constexpr size_t kBytesMax = 900 << 10;

std::string icon(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::kAsExpected: return "✅";
    case CaseOutcome::kOtherwise: return "❌";
    case CaseOutcome::kNotJudged: return "❔";
    case CaseOutcome::kSkipped: return "➖";
    case CaseOutcome::kInterrupted: return "⏹";
  }
  return "❔";
}

std::string known_cell(const CaseResult& result) {
  if (!result.looked_up) return "";
  // Somebody expects it already: it need not be filed.
  if (!result.known) return result.outcome == CaseOutcome::kAsExpected ? "" : "new";
  return result.known->url.empty() ? markdown_text(result.known->issue)
                                   : "[" + markdown_text(result.known->issue) + "](" +
                                         markdown_url(result.known->url) + ")";
}

std::string row(const ScenarioResult& scenario, const CaseResult& result) {
  const std::string found = result.found.empty() ? result.why : result.found;
  return "| " + icon(result.outcome) + " " + std::string(to_string(result.outcome)) + " | " +
         markdown_text(scenario.name) + " | " + markdown_text(result.name) + " | " +
         markdown_text(printable(found, 160)) + " | " + known_cell(result) + " | " +
         formatted(result.wall_s, "%.1f s") + " |\n";
}

std::string section(const ScenarioResult& scenario, const CaseResult& result) {
  const std::string finding = finding_title(result);
  const std::string title =
      finding.empty() ? std::string(to_string(result.outcome)) + ": " + result.name : finding;
  std::string text = "\n### " + markdown_text(title) + "\n\n";
  text += markdown_text(scenario.title.empty() ? scenario.name : scenario.title) + " (" +
          markdown_text(scenario.name) + ", " + markdown_text(result.name) + ")\n\n";
  text += "| | |\n|---|---|\n| expected | " + markdown_text(result.expected) + " |\n";
  if (!result.found.empty()) text += "| found | " + markdown_text(result.found) + " |\n";
  if (!result.why.empty()) text += "| why | " + markdown_text(result.why) + " |\n";
  if (result.engine) {
    text += "| engine | " + markdown_text(result.engine->name + ", " + result.engine->version) +
            ", sha256 `" + result.engine->sha256.substr(0, 16) + "` |\n";
  }
  if (result.looked_up)
    text +=
        "| filed | " + (result.known ? known_cell(result) : "not yet, as far as is known") + " |\n";
  if (result.session) {
    std::string evidence = evidence_text(result.session->report);
    if (result.session->repeated.runs > 1) evidence += repeat_text(*result.session);
    text += "\n" + markdown_block("text", evidence);
  }
  if (!result.reproduce.empty())
    text += "\nReproduce:\n\n" + markdown_block("sh", result.reproduce + "\n");
  return text;
}

std::string heading(const std::vector<ScenarioResult>& results) {
  const RunCounts counts = count_cases(results);
  const auto part = [](uint64_t count, const char* what) {
    return count == 0 ? std::string() : ", " + format_count(count) + " " + what;
  };
  return "## recrank: " + format_count(counts.as_expected) + " as expected" +
         part(counts.otherwise, "otherwise") + part(counts.not_judged, "not judged") +
         part(counts.skipped, "skipped") + part(counts.interrupted, "interrupted") + "\n\n";
}

}  // namespace

std::string run_markdown(const std::vector<ScenarioResult>& results) {
  std::string text = heading(results) +
                     "| | scenario | case | found | filed | time |\n|---|---|---|---|---|---|\n";
  std::vector<std::string> sections;
  size_t rows_left_out = 0;
  for (const ScenarioResult& scenario : results) {
    for (const CaseResult& each : scenario.cases) {
      const std::string line = row(scenario, each);
      if (text.size() + line.size() > kBytesMax / 2) ++rows_left_out;
      else text += line;
      const bool fine =
          each.outcome == CaseOutcome::kAsExpected || each.outcome == CaseOutcome::kSkipped;
      if (!fine) sections.push_back(section(scenario, each));
    }
  }
  if (rows_left_out > 0)
    text += "\n" + counted(rows_left_out, "more case") + (rows_left_out == 1 ? " is" : " are") +
            " left out of the table.\n";
  size_t shown = 0;
  while (shown < sections.size() && text.size() + sections[shown].size() <= kBytesMax)
    text += sections[shown++];
  if (shown < sections.size()) {
    text += "\n" + format_count(sections.size() - shown) +
            " more sections are left out: this page would be too long.\n";
  }
  return text;
}

}  // namespace recrank
