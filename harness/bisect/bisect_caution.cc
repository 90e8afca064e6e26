#include "harness/bisect/bisect_caution.h"

#include <utility>

#include "harness/certainty/perturb_plan.h"
#include "harness/certainty/survival.h"
#include "replay/dialect.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

// A variation that leaves out what the finding is about cannot show it.
bool can_show(const HuntedFinding& hunted, const CompareOptions& compare) {
  const Verdict& wanted = hunted.verdict;
  if (wanted.kind != VerdictKind::kDiverged || wanted.divergences.empty()) return true;
  switch (wanted.divergences.front().field) {
    case Field::kComputrons: return compare.computrons;
    case Field::kSnapshotHash: return compare.snapshots;
    case Field::kFact: return compare.facts;
    default: return true;
  }
}

void count(Caution& caution, RunWord word, const std::string& does, const BisectRun& run) {
  switch (word) {
    case RunWord::kMet:
      ++caution.met;
      caution.met_by.push_back(does);
      break;
    case RunWord::kPassed: ++caution.passed; break;
    case RunWord::kOther: ++(run.ended_in_perturbation ? caution.of_itself : caution.other); break;
    default: ++caution.silent; break;
  }
}

void run_plainly(Caution& caution, const OpenedCandidate& engine, BisectProber& prober,
                 const HuntedFinding& hunted, const ReplayPlan& plan, size_t jobs) {
  for (const BisectProber::Taken& each : prober.run(engine, plan, caution.asked, jobs)) {
    count(caution, classify_run(hunted, each.run, engine.key), "a plain run", each.run);
  }
}

// Leaves the variations out that the engine does not survive where it has no finding.
void keep_what_it_survives(const OpenedCandidate& engine, BisectProber& prober,
                           const HuntedFinding& hunted, const ReplayPlan& plan,
                           const CompareOptions& compare, PerturbFacts& facts, Caution& caution) {
  const StepRange stretch = survival_stretch(facts, true);
  ReplayPlan clean = plan;
  clean.range = stretch;
  const auto probe = [&](const Variation& variation) -> std::optional<std::string> {
    const auto runs = prober.run_varied(engine, clean, {variation}, 1);
    if (runs.empty() || !runs.front()) return std::nullopt;
    const BisectRun& run = runs.front()->run;
    const bool through = !run.ended || run.verdict.kind == VerdictKind::kDiverged ||
                         classify_run(hunted, run, engine.key) == RunWord::kMet;
    if (through) return "";
    return run.verdict.signature.empty() ? headline(run.verdict) : run.verdict.signature;
  };
  Survival survival = what_it_survives(facts, stretch, compare, probe);
  facts.can = survival.can;
  caution.left_out = std::move(survival.left_out);
}

}  // namespace

Caution look_behind(const Recording& recording, const OpenedCandidate& engine, BisectProber& prober,
                    const HuntedFinding& hunted, const ReplayPlan& plan,
                    const BisectRequest& request) {
  Caution caution;
  caution.asked = request.variations;
  const Dialect& dialect = dialect_of(recording);
  if (!dialect.variations().any()) {
    caution.why_not = dialect.why_no_variations();
    run_plainly(caution, engine, prober, hunted, plan, request.options.jobs);
    return caution;
  }
  caution.perturbed = true;
  // The engine passed the step: that is what its probe found.
  const ReplayRequest base = prober.request_for(engine);
  PerturbFacts facts = perturb_facts(recording, base.subject_id, plan.range, plan.range.end - 1);
  keep_what_it_survives(engine, prober, hunted, plan, base.compare, facts, caution);
  const std::vector<Variation> variations =
      plan_variations(facts, request.variations, request.seed, base.compare);
  const auto runs = prober.run_varied(engine, plan, variations, request.options.jobs);
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i]) continue;
    RunWord word = classify_run(hunted, runs[i]->run, engine.key);
    const bool idle = variations[i].perturbation.options.empty() && runs[i]->run.perturbed.empty();
    if (word == RunWord::kPassed && idle) {
      ++caution.idle;
      continue;
    }
    if (word == RunWord::kPassed && !can_show(hunted, variations[i].compare)) {
      word = RunWord::kUnjudged;
    }
    count(caution, word, variations[i].does, runs[i]->run);
  }
  return caution;
}

}  // namespace recrank
