#include "harness/certainty/perturb_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/certainty/survival.h"
#include "harness/session/parallel_replay.h"
#include "replay/crash/signature.h"
#include "replay/judge/same_finding.h"
#include "replay/verdict_words.h"

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
         (finding.of_itself ? " in that heap itself, and in no step," : "") +
         " under: " + schedules(replay, finding);
}

bool is_idle(const PerturbedRun& run) {
  return run.variation.perturbation.options.empty() && run.result.perturbed.empty();
}

bool is_hunted(const PerturbedReplay& replay, const Verdict& verdict) {
  const std::string& hunted = replay.request.hunted;
  if (replay.control.kind != VerdictKind::kClean) return same_finding(replay.control, verdict);
  return !hunted.empty() &&
         (verdict.signature == hunted || alike_across_builds(verdict.signature, hunted));
}

std::string others(const PerturbedReplay& replay) {
  std::string text;
  for (const PerturbFinding& finding : replay.findings) {
    if (!finding.as_control && !finding.as_hunted) text += "; " + told_finding(replay, finding);
  }
  return text;
}

size_t not_judged(const PerturbedReplay& replay) {
  return replay.runs.size() - replay.judged - replay.idle;
}

}  // namespace

void group_findings(PerturbedReplay& replay) {
  replay.findings.clear();
  replay.clean = 0;
  replay.judged = 0;
  replay.idle = 0;
  for (size_t i = 0; i < replay.runs.size(); ++i) {
    const PerturbedRun& run = replay.runs[i];
    const Verdict& verdict = run.result.verdict;
    const bool clean = verdict.kind == VerdictKind::kClean;
    if (clean && is_idle(run)) {
      ++replay.idle;
      continue;
    }
    if (clean) ++replay.clean;
    if (clean || is_finding(verdict)) ++replay.judged;
    if (!is_finding(verdict)) continue;
    const bool of_itself = run.result.ended_in_perturbation;
    const auto known =
        std::find_if(replay.findings.begin(), replay.findings.end(), [&](const PerturbFinding& f) {
          return same_finding(replay.runs[f.runs.front()].result.verdict, verdict);
        });
    if (known == replay.findings.end()) {
      replay.findings.push_back(
          {{i}, same_finding(replay.control, verdict), is_hunted(replay, verdict), of_itself});
    } else {
      known->runs.push_back(i);
      known->of_itself = known->of_itself && of_itself;
    }
  }
}

namespace {

// Leaves the variations out that this engine does not survive.
void keep_what_it_survives(const Recording& recording, const Engine& engine,
                           const ReplayRequest& base, const ReplayPlan& plan,
                           const Interrupt& interrupt, PerturbFacts& facts,
                           PerturbedReplay& replay) {
  const bool known = is_finding(replay.control) || !replay.request.hunted.empty();
  const StepRange stretch = survival_stretch(facts, known);
  const auto probe = [&](const Variation& variation) -> std::optional<std::string> {
    ReplayJob job{base, {plan}};
    job.parts.front().range = stretch;
    job.request.perturbation = variation.perturbation;
    job.request.compare = variation.compare;
    const ReplayResult result =
        std::move(replay_all(recording, engine, {job}, 1, interrupt, nullptr).front().result);
    const Verdict& verdict = result.verdict;
    if (verdict.kind == VerdictKind::kInterrupted) return std::nullopt;
    const bool through = !result.ended || verdict.kind == VerdictKind::kDiverged ||
                         (known && is_hunted(replay, verdict));
    if (through) return "";
    return verdict.signature.empty() ? headline(verdict) : verdict.signature;
  };
  Survival survival = what_it_survives(facts, stretch, base.compare, probe);
  facts.can = survival.can;
  replay.left_out = std::move(survival.left_out);
  replay.probes = survival.runs;
}

}  // namespace

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
  PerturbFacts facts = perturb_facts(recording, base.subject_id, range, last);
  keep_what_it_survives(recording, engine, base, control.plan, interrupt, facts, replay);
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

namespace {

const PerturbFinding* hunted_finding(const PerturbedReplay& replay) {
  const auto found =
      std::find_if(replay.findings.begin(), replay.findings.end(),
                   [](const PerturbFinding& f) { return f.as_control || f.as_hunted; });
  return found == replay.findings.end() ? nullptr : &*found;
}

std::string answer_of_a_clean_control(const PerturbedReplay& replay) {
  const size_t all = replay.runs.size();
  const PerturbFinding* const hunted = hunted_finding(replay);
  const bool knows = !replay.request.hunted.empty();
  if (replay.findings.empty()) {
    return "nothing hidden was met: clean in " + of(replay.clean, all) +
           " variations, which excludes at 95 % what shows in more than " +
           percent_at_most(excluded_rate_95(replay.clean)) + " of such";
  }
  if (hunted != nullptr) {
    return "only hidden: clean as it stands, but it is there in " + of(hunted->runs.size(), all) +
           " variations (" + numbers(*hunted) + ")" + others(replay);
  }
  if (knows) {
    return "what is hunted was met in " + of(0, all) + " variations; something else was" +
           others(replay);
  }
  const bool in_steps = std::any_of(replay.findings.begin(), replay.findings.end(),
                                    [](const PerturbFinding& f) { return !f.of_itself; });
  return std::string(in_steps ? "only hidden: clean as it stands, but not in "
                              : "nothing hidden was met in a step, but not clean in ") +
         of(replay.judged - replay.clean, all) + " variations" + others(replay);
}

}  // namespace

std::string perturb_answer(const PerturbedReplay& replay) {
  const size_t all = replay.runs.size();
  std::string text;
  if (replay.judged == 0) {
    text = "no variation could be judged";
  } else if (replay.control.kind == VerdictKind::kClean) {
    text = answer_of_a_clean_control(replay);
  } else if (is_finding(replay.control)) {
    const PerturbFinding* const same = hunted_finding(replay);
    const size_t met = same == nullptr ? 0 : same->runs.size();
    text = "the same finding in " + of(met, all) + " variations";
    if (met > 0 && met < replay.judged) text += " (" + numbers(*same) + ")";
    if (replay.clean > 0) {
      text += "; it is away in " + of(replay.clean, all) +
              ": that is hidden, not mended, since nothing of the engine was changed";
    }
    text += others(replay);
  } else {
    // perturb_sessions() does not come here; a caller of its own might.
    text = "the unperturbed replay was not judged; clean in " + of(replay.clean, all) +
           " variations" + others(replay);
  }
  if (replay.judged > 0 && not_judged(replay) > 0)
    text += "; " + std::to_string(not_judged(replay)) + " not judged";
  if (replay.idle > 0) {
    text += "; " + std::to_string(replay.idle) +
            " never came to what was to be varied, and do not count";
  }
  for (const std::string& each : replay.left_out) text += "; left out " + each;
  return text;
}

}  // namespace recrank
