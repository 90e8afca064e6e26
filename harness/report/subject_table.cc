#include "harness/report/subject_table.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "harness/report/verdict_report.h"

namespace recrank {
namespace {

constexpr size_t kNameBytes = 40;
constexpr const char* kNone = "-";

// "9.6 -> 12.0 MiB"; of a single look "9.6 MiB".
std::string growth(uint64_t first, uint64_t last, bool once) {
  constexpr double kMiB = 1 << 20;
  if (once) return formatted(static_cast<double>(last) / kMiB, "%.1f MiB");
  return formatted(static_cast<double>(first) / kMiB, "%.1f") + " -> " +
         formatted(static_cast<double>(last) / kMiB, "%.1f MiB");
}

std::string verdict_cell(const Verdict& verdict) {
  std::string text(to_string(verdict.kind));
  if (verdict.kind != VerdictKind::kClean && verdict.step) {
    text += " at " + std::to_string(*verdict.step);
  }
  return verdict.as_recorded ? text + ", as recorded" : text;
}

std::vector<std::string> row_of(const SubjectSession& session) {
  const SubjectReport& report = session.report;
  const ReplayResult& result = report.result;
  const SubjectFigures& figures = session.figures;
  const uint64_t steps = result.compared.steps;
  const bool timed = steps > 0 && result.cost.wall_s > 0;
  std::string slowest = kNone;
  if (figures.slowest) {
    slowest = std::to_string(figures.slowest->step) + ": " +
              formatted(figures.slowest->seconds, "%.3f s");
  }
  std::string heap = kNone;
  if (const auto& heaps = figures.heaps) {
    heap = growth(heaps->first_bytes, heaps->last_bytes, heaps->snapshots == 1);
  }
  std::string memory = kNone;
  if (const auto& seen = figures.memory; seen && seen->samples > 0) {
    memory = growth(seen->first.rss_bytes, seen->last.rss_bytes, seen->samples == 1);
  }
  return {report.subject.id,
          printable(report.subject.name, kNameBytes),
          format_count(steps),
          verdict_cell(result.verdict),
          timed ? formatted(static_cast<double>(steps) / result.cost.wall_s, "%.0f") : kNone,
          slowest,
          heap,
          memory};
}

std::vector<std::string> row_of(const Subject& subject) {
  return {
      subject.id, printable(subject.name, kNameBytes), kNone, "not replayed", kNone, kNone, kNone,
      kNone};
}

}  // namespace

std::string subject_table(const std::vector<SubjectSession>& sessions,
                          const std::vector<const Subject*>& not_replayed) {
  std::vector<std::vector<std::string>> rows;
  for (const SubjectSession& session : sessions) rows.push_back(row_of(session));
  for (const Subject* subject : not_replayed) rows.push_back(row_of(*subject));
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return vat_id_less(a.front(), b.front()); });
  rows.insert(rows.begin(), {"vat", "name", "steps", "verdict", "steps/s", "slowest step",
                             "heap saved", "memory"});
  return format_table(rows);
}

std::string subject_remarks(const std::vector<const SubjectSession*>& sessions) {
  // In the order of the words; of each the subjects in theirs.
  std::map<std::string, std::vector<std::string>> remarks;
  for (const SubjectSession* session : sessions) {
    const ReplayResult& result = session->report.result;
    const std::string& id = session->report.subject.id;
    if (!session->report.uncovered.empty()) {
      remarks["not covered: steps " + uncovered_text(session->report.uncovered)].push_back(id);
    }
    if (const std::string apart = apart_words(session->report); !apart.empty())
      remarks[apart].push_back(id);
    if (!result.left_out.empty()) remarks["left out: " + joined(result.left_out)].push_back(id);
    if (!result.not_recorded.empty()) {
      remarks["not recorded: " + joined(result.not_recorded)].push_back(id);
    }
    if (!result.assumed.empty()) {
      remarks["assumed, since nobody recorded it: " + assumed_text(result.assumed)].push_back(id);
    }
  }
  std::string text;
  for (const auto& [remark, ids] : remarks) text += "  " + joined(ids) + "  " + remark + "\n";
  return text;
}

}  // namespace recrank
