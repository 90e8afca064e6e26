// Several replays of parts of one history as one.
#include <algorithm>

#include "base/check.h"
#include "replay/judge/findings.h"
#include "replay/judge/replay.h"

namespace recrank {
namespace {

void add_cost(ReplayCost& whole, const ReplayCost& part) {
  whole.wall_s += part.wall_s;
  whole.engine_cpu_s += part.engine_cpu_s;
  whole.harness_cpu_s += part.harness_cpu_s;
  whole.peak_rss_bytes = std::max(whole.peak_rss_bytes, part.peak_rss_bytes);
}

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void join_facts(ReplayResult& whole, const ReplayResult& part) {
  for (const std::string& fact : part.left_out) {
    if (!holds(whole.left_out, fact)) whole.left_out.push_back(fact);
  }
  // A part without deliveries tells nothing; else a fact that one part has is recorded.
  for (const std::string& value : part.assumed) {
    if (!holds(whole.assumed, value)) whole.assumed.push_back(value);
  }
  for (const ToldBundle& each : part.bundles) {
    const bool known =
        std::find(whole.bundles.begin(), whole.bundles.end(), each) != whole.bundles.end();
    if (!known) whole.bundles.push_back(each);
  }
  if (part.deliveries == 0) return;
  if (whole.deliveries == 0) {
    whole.not_recorded = part.not_recorded;
  } else {
    std::erase_if(whole.not_recorded,
                  [&](const std::string& fact) { return !holds(part.not_recorded, fact); });
  }
}

}  // namespace

ReplayResult join_parts(const std::vector<ReplayResult>& parts) {
  RECRANK_CHECK(!parts.empty());
  ReplayResult whole;
  whole.plan = parts.front().plan;
  whole.plan.range.end = parts.back().plan.range.end;
  Findings findings;
  for (const ReplayResult& part : parts) {
    add_cost(whole.cost, part.cost);
    if (whole.ended) continue;
    join_facts(whole, part);
    whole.deliveries += part.deliveries;
    findings.add_deliveries(part.deliveries);
    findings.compared += part.compared;
    findings.divergences.append(part.verdict.divergences, part.verdict.divergence_count);
    if (part.verdict.lived_on) findings.lived_on = part.verdict.lived_on;
    whole.ended = part.ended;
    whole.ended_in_perturbation = part.ended_in_perturbation;
    if (!part.perturbed.empty())
      whole.perturbed += (whole.perturbed.empty() ? "" : ", ") + part.perturbed;
    if (part.ended) whole.verdict = part.verdict;
    // The detail of an end comes with its verdict; that of a part which went on is a note.
    const bool with_verdict = part.ended && part.verdict.kind != VerdictKind::kDiverged;
    if (!with_verdict && !part.verdict.detail.empty()) findings.add_note(part.verdict.detail);
  }
  whole.compared = findings.compared;
  const bool outlived = std::any_of(parts.begin(), parts.end(), [](const ReplayResult& part) {
    return part.verdict.kind == VerdictKind::kClean && part.compared.total() == 0;
  });
  whole.verdict =
      whole.ended ? findings.conclude(whole.verdict) : findings.conclude_all_ran(outlived);
  return whole;
}

}  // namespace recrank
