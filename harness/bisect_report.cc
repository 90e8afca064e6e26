#include "harness/bisect_report.h"

#include <algorithm>

#include "base/text.h"
#include "harness/bisect_answer.h"
#include "harness/markdown.h"
#include "harness/verdict_report.h"

namespace recrank {
namespace {

constexpr size_t kNameBytes = 60;

Json entry_json(const BisectReport& report, size_t index) {
  const BisectEntry& entry = report.result.entries[index];
  Json json{{"name", printable(entry.name)}};
  json["word"] = entry.word ? Json(to_string(*entry.word)) : Json(nullptr);
  if (!entry.missing.empty()) json["missing"] = printable(entry.missing);
  if (entry.engine) json["engine"] = to_json(*entry.engine);
  if (entry.same_as) json["same_as"] = printable(report.result.entries[*entry.same_as].name);
  if (entry.tally.runs() > 0) {
    json["runs"] = {{"made", entry.tally.runs()}, {"met", entry.tally.met}, {"passed", entry.tally.passed},
                    {"other", entry.tally.other}, {"unjudged", entry.tally.unjudged},
                    {"from_cache", entry.from_cache}};
    json["start"] = entry.start;
    if (entry.word == ProbeWord::kGood) json["chance_missed"] = entry.missed;
    if (entry.example) json["outcome"] = to_json(*entry.example, {});
  }
  if (!report.reproduce[index].empty()) json["reproduce"] = report.reproduce[index];
  return json;
}

Json changes_json(const BisectResult& result) {
  Json changes = Json::array();
  for (const Transition& change : result.search.transitions) {
    Json untold = Json::array();
    for (const size_t place : change.untold) untold.push_back(printable(result.entries[result.index_of(place)].name));
    const size_t a = result.index_of(change.from);
    const size_t b = result.index_of(change.to);
    changes.push_back({{"before", printable(result.entries[std::min(a, b)].name)},
                       {"after", printable(result.entries[std::max(a, b)].name)},
                       {"to", to_string(*result.entries[std::max(a, b)].word)},
                       {"untold", std::move(untold)}});
  }
  return changes;
}

Json answer_json(const BisectResult& result) {
  Json answer{{"end", to_string(result.search.end)}, {"scanned", result.search.scanned}};
  if (const auto change = change_of(result)) {
    answer[result.find_fix ? "first_good" : "first_bad"] = printable(result.entries[change->after].name);
    const BisectEntry& good = result.entries[result.find_fix ? change->after : change->before];
    answer["confidence"] = 1 - (good.same_as ? result.entries[*good.same_as] : good).missed;
    answer["rate_floor"] = result.rate_floor;
  }
  answer["changes"] = changes_json(result);
  answer["text"] = answer_line(result);
  if (const std::string sure = certainty_line(result); !sure.empty()) answer["sure"] = sure;
  return answer;
}

std::string subject_text(const Subject& subject) {
  return subject.id + (subject.name.empty() ? "" : " " + printable(subject.name, kNameBytes));
}

std::string finding_text(const BisectResult& result) {
  if (!result.finding) return "no finding";
  std::string text = headline(*result.finding);
  if (!result.finding->signature.empty()) text += " (" + result.finding->signature + ")";
  return text;
}

std::string table_text(const BisectReport& report) {
  std::vector<std::vector<std::string>> rows{{"", "engine", "", "met", "outcome", "from"}};
  const auto change = change_of(report.result);
  for (size_t i = 0; i < report.result.entries.size(); ++i) {
    const BisectEntry& entry = report.result.entries[i];
    rows.push_back({change && change->after == i ? ">" : " ", printable(entry.name, kNameBytes),
                    word_text(report.result, entry), runs_text(entry), outcome_text(entry), entry.start});
  }
  return format_table(rows);
}

}  // namespace

Json bisect_json(const BisectReport& report) {
  const BisectResult& result = report.result;
  Json json{{"subject", {{"kind", report.subject.kind}, {"id", report.subject.id},
                         {"name", printable(report.subject.name)}}},
            {"range", {{"from", result.range.begin}, {"to", result.range.end - 1},
                       {"checkpoint", result.start.label()}}}};
  json["finding"] = nullptr;
  if (result.finding) {
    json["finding"] = to_json(*result.finding, {});
    json["finding"]["engine"] = printable(result.entries[result.finding_index].name);
  }
  json["answer"] = answer_json(result);
  json["engines"] = Json::array();
  for (size_t i = 0; i < result.entries.size(); ++i) json["engines"].push_back(entry_json(report, i));
  if (const auto lines = caution_lines(result); !lines.empty()) json["caution"] = lines;
  json["cost"] = {{"probes", result.probes}, {"runs", result.runs}};
  return json;
}

std::string bisect_text(const BisectReport& report) {
  const BisectResult& result = report.result;
  std::string text = subject_text(report.subject) + "  " + finding_text(result) + "\n  " + answer_line(result) + "\n";
  if (const std::string sure = certainty_line(result); !sure.empty()) text += "  " + sure + "\n";
  for (const std::string& line : caution_lines(result)) text += "  caution: " + line + "\n";
  if (!result.damage.empty()) return text;
  text += "\n" + table_text(report);
  if (const auto change = change_of(result)) {
    text += "\nbefore  " + report.reproduce[change->before] + "\nfrom it " + report.reproduce[change->after] + "\n";
  } else if (result.finding) {
    text += "\nreproduce  " + report.reproduce[result.finding_index] + "\n";
  }
  text += "\n" + std::to_string(result.probes) + (result.probes == 1 ? " engine" : " different engines") +
          " tested in " + std::to_string(result.runs) + " runs\n";
  return text;
}

std::string bisect_markdown(const BisectReport& report, const std::string& recording) {
  const BisectResult& result = report.result;
  std::string text = "## " + markdown_text(finding_text(result)) + "\n\n**" + markdown_text(answer_line(result)) + "**\n\n";
  text += markdown_text(subject_text(report.subject)) + " of " + markdown_text(recording) + ", steps " +
          std::to_string(result.range.begin) + " to " + std::to_string(result.range.end - 1) + ".\n\n";
  if (const std::string sure = certainty_line(result); !sure.empty()) text += markdown_text(sure) + ".\n\n";
  for (const std::string& line : caution_lines(result)) text += "> " + markdown_text(line) + "\n>\n";
  text += "\n| engine | sha256 | | met | outcome |\n|---|---|---|---|---|\n";
  for (const BisectEntry& entry : result.entries) {
    const std::string sha256 = entry.engine ? "`" + entry.engine->sha256.substr(0, 12) + "`" : "";
    text += "| " + markdown_text(printable(entry.name, kNameBytes)) + " | " + sha256 + " | " +
            markdown_text(word_text(result, entry)) + " | " + runs_text(entry) + " | " + markdown_text(outcome_text(entry)) + " |\n";
  }
  const auto change = change_of(result);
  if (change) {
    text += "\nBefore:\n\n" + markdown_block("sh", report.reproduce[change->before]) + "\nFrom it on:\n\n" +
            markdown_block("sh", report.reproduce[change->after]);
  } else if (result.finding) {
    text += "\nTo see it again:\n\n" + markdown_block("sh", report.reproduce[result.finding_index]);
  }
  return text;
}

std::string bisect_overview(const std::vector<BisectReport>& reports) {
  std::vector<std::vector<std::string>> rows{{"engine"}};
  for (const BisectReport& report : reports) rows.front().push_back(subject_text(report.subject));
  for (size_t i = 0; i < reports.front().result.entries.size(); ++i) {
    std::vector<std::string> row{printable(reports.front().result.entries[i].name, kNameBytes)};
    for (const BisectReport& report : reports) {
      const BisectEntry& entry = report.result.entries[i];
      row.push_back(entry.word ? std::string(to_string(*entry.word)) : "-");
    }
    rows.push_back(std::move(row));
  }
  return format_table(rows);
}

}  // namespace recrank
