#include "harness/certainty/perturb_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/session/parallel_replay.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

bool is_finding(const Verdict& verdict) {
  return verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kDiverged ||
         verdict.kind == VerdictKind::kLimit;
}

std::string of(size_t some, size_t all) {
  return std::to_string(some) + " of " + std::to_string(all);
}

std::string percent_at_most(double share) {
  return std::to_string(static_cast<int>(std::ceil(share * 100))) + " %";
}

// The variations of a finding by number: "1, 4".
std::string numbers(const PerturbFinding& finding) {
  std::string text;
  for (const size_t run : finding.runs) {
    text += (text.empty() ? "" : ", ") + std::to_string(run + 1);
  }
  return text;
}

std::string schedules(const PerturbedReplay& replay, const PerturbFinding& finding) {
  std::string text;
  for (const size_t run : finding.runs) {
    text += (text.empty() ? "" : " | ") + replay.runs[run].variation.does;
  }
  return text;
}

std::string told_finding(const PerturbedReplay& replay, const PerturbFinding& finding) {
  const Verdict& verdict = replay.runs[finding.runs.front()].result.verdict;
  if (verdict.kind == VerdictKind::kDiverged) {
    const bool reloads = std::any_of(finding.runs.begin(), finding.runs.end(), [&](size_t run) {
      return !replay.runs[run].variation.perturbation.reload_after.empty();
    });
    return std::string(reloads ? "diverges at these reload schedules: " : "diverges under: ") +
           schedules(replay, finding);
  }
  return std::string(to_string(verdict.kind)) +
         (verdict.signature.empty() ? "" : " " + verdict.signature) +
         " under: " + schedules(replay, finding);
}

std::string others(const PerturbedReplay& replay) {
  std::string text;
  for (const PerturbFinding& finding : replay.findings) {
    if (!finding.as_control) text += "; " + told_finding(replay, finding);
  }
  return text;
}

size_t not_judged(const PerturbedReplay& replay) { return replay.runs.size() - replay.judged; }

}  // namespace

void group_findings(PerturbedReplay& replay) {
  replay.findings.clear();
  replay.clean = 0;
  replay.judged = 0;
  for (size_t i = 0; i < replay.runs.size(); ++i) {
    const Verdict& verdict = replay.runs[i].result.verdict;
    const bool clean = verdict.kind == VerdictKind::kClean;
    if (clean) ++replay.clean;
    if (clean || is_finding(verdict)) ++replay.judged;
    if (!is_finding(verdict)) continue;
    const auto known =
        std::find_if(replay.findings.begin(), replay.findings.end(), [&](const PerturbFinding& f) {
          return same_finding(replay.runs[f.runs.front()].result.verdict, verdict);
        });
    if (known == replay.findings.end()) {
      replay.findings.push_back({{i}, same_finding(replay.control, verdict)});
    } else {
      known->runs.push_back(i);
    }
  }
}

PerturbedReplay run_perturbed(const Recording& recording, const Engine& engine,
                              const ReplayRequest& base, const ReplayResult& control,
                              const PerturbRequest& request, const Interrupt& interrupt,
                              ReplayObserver* observer) {
  PerturbedReplay replay;
  replay.request = request;
  replay.control = control.verdict;
  const StepRange range = control.plan.range;
  const uint64_t last =
      is_finding(control.verdict) && control.verdict.step ? *control.verdict.step : range.end - 1;
  const PerturbFacts facts = perturb_facts(recording, base.subject_id, range, last);
  std::vector<ReplayJob> jobs;
  for (Variation& variation :
       plan_variations(facts, request.variations, request.seed, base.compare)) {
    ReplayJob job{base, {control.plan}};
    job.request.perturbation = variation.perturbation;
    job.request.compare = variation.compare;
    job.request.run = jobs.size() + 1;  // 0 is the control
    jobs.push_back(std::move(job));
    replay.runs.push_back({std::move(variation), {}});
  }
  std::vector<JobResult> results =
      replay_all(recording, engine, jobs, request.jobs, interrupt, observer);
  for (size_t i = 0; i < results.size(); ++i) replay.runs[i].result = std::move(results[i].result);
  group_findings(replay);
  return replay;
}

double excluded_rate_95(size_t runs) {
  constexpr double kMissed = 0.05;
  return runs == 0 ? 1 : 1 - std::pow(kMissed, 1.0 / static_cast<double>(runs));
}

std::string perturb_answer(const PerturbedReplay& replay) {
  if (replay.judged == 0) return "no variation could be judged";
  std::string text;
  if (replay.control.kind == VerdictKind::kClean) {
    if (replay.findings.empty()) {
      text = "nothing hidden was met: clean in " + of(replay.clean, replay.runs.size()) +
             " variations, which excludes at 95 % what shows in more than " +
             percent_at_most(excluded_rate_95(replay.clean)) + " of such";
    } else {
      text = "only hidden: clean as it stands, but not in " +
             of(replay.judged - replay.clean, replay.runs.size()) + " variations" + others(replay);
    }
  } else if (is_finding(replay.control)) {
    const auto same = std::find_if(replay.findings.begin(), replay.findings.end(),
                                   [](const PerturbFinding& f) { return f.as_control; });
    const size_t met = same == replay.findings.end() ? 0 : same->runs.size();
    text = "the same finding in " + of(met, replay.runs.size()) + " variations";
    if (met > 0 && met < replay.judged) text += " (" + numbers(*same) + ")";
    if (replay.clean > 0) {
      text += "; it is away in " + of(replay.clean, replay.runs.size()) +
              ": that is hidden, not mended, since nothing of the engine was changed";
    }
    text += others(replay);
  } else {
    // perturb_sessions() does not come here; a caller of its own might.
    text = "the unperturbed replay was not judged; clean in " +
           of(replay.clean, replay.runs.size()) + " variations" + others(replay);
  }
  if (not_judged(replay) > 0) text += "; " + std::to_string(not_judged(replay)) + " not judged";
  return text;
}

}  // namespace recrank
