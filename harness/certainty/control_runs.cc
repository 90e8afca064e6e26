#include "harness/certainty/control_runs.h"

#include <algorithm>
#include <utility>

#include "harness/certainty/control_changes.h"
#include "harness/session/parallel_replay.h"
#include "replay/verdict_words.h"

namespace recrank {

std::vector<ReplayResult> ControlRuns::run(const ControlRecipe& recipe) {
  std::vector<ReplayResult> results;
  collections_.reset();
  if (interrupt_.requested()) return results;
  std::vector<ReplayJob> jobs(request_.runs, ReplayJob{recipe.request, {recipe.plan}});
  for (size_t i = 0; i < jobs.size(); ++i) jobs[i].request.run = i;
  CollectionWatch watch(finding_.step.value_or(0));
  for (JobResult& each :
       replay_all(recording_, *recipe.engine, jobs, request_.jobs, interrupt_, &watch)) {
    ReplayResult& result = each.result;
    if (result.verdict.kind == VerdictKind::kInterrupted) continue;
    if (recipe.by_perturbation && (result.perturbed.empty() || result.ended_in_perturbation))
      continue;
    // It ran to the end and there was nothing to hold it against: for a control it has passed.
    const bool ran = !result.ended && result.verdict.kind == VerdictKind::kUnjudged;
    if (ran) result.verdict = Verdict{};
    if (ran) result.verdict.kind = VerdictKind::kClean;
    results.push_back(std::move(result));
  }
  collections_ = watch.counts();
  return results;
}

void ControlRuns::add(ControlKind kind, const std::string& label, const ControlRecipe& recipe) {
  const std::vector<ReplayResult> runs = run(recipe);
  const bool not_made = runs.empty() && recipe.by_perturbation && !interrupt_.requested();
  if (not_made) return skip(kind, label, "no run came to that and through it");
  add(kind, label, recipe, runs);
}

void ControlRuns::add(ControlKind kind, const std::string& label, const ControlRecipe& recipe,
                      const std::vector<ReplayResult>& runs) {
  if (runs.empty()) return skip(kind, label, "interrupted");
  ControlRow row;
  row.kind = kind;
  row.label = label;
  for (const ReplayResult& each : runs) count(row, each.verdict, recipe.builds);
  row.collections = collections_;
  keep(std::move(row), recipe);
}

void ControlRuns::skip(ControlKind kind, const std::string& label, const std::string& why) {
  ControlRow row;
  row.kind = kind;
  row.label = label;
  row.not_run = why;
  keep(std::move(row), {});
}

void ControlRuns::keep(ControlRow row, const ControlRecipe& recipe) {
  if (request_.told) request_.told(row);
  table_.rows.push_back(std::move(row));
  recipes_.push_back(recipe);
}

void ControlRuns::count(ControlRow& row, const Verdict& verdict, Builds builds) const {
  const ControlOutcome outcome = classify(finding_, verdict, builds);
  row.add(outcome);
  const bool lived_on = verdict.lived_on && verdict.lived_on->calls > 0;
  const bool told = outcome == ControlOutcome::kMet || outcome == ControlOutcome::kPassed;
  if (told && !lived_on) return;
  const std::string line =
      told ? std::string(kLivedOnWords)
           : headline(verdict) + (verdict.signature.empty() ? "" : " (" + verdict.signature + ")");
  // One line for each kind of end, in the order of the runs.
  if (std::find(row.elsewise.begin(), row.elsewise.end(), line) == row.elsewise.end()) {
    row.elsewise.push_back(line);
  }
}

void ControlRuns::settle() {
  std::vector<size_t> open;
  for (size_t i = 0; i < table_.rows.size(); ++i) {
    if (needs_second_look(table_, table_.rows[i])) open.push_back(i);
  }
  if (open.empty()) return;
  const ControlRow again = more_runs_of(0);
  for (const size_t i : open) {
    const ControlRow row = more_runs_of(i);
    if (again.judged() == 0 || row.judged() == 0 || interrupt_.requested()) return;
    table_.rows[i].second = ControlRow::SecondLook{again.tally(), row.tally()};
    table_.rows[i].add(row);
  }
  table_.rows.front().add(again);
}

ControlRow ControlRuns::more_runs_of(size_t index) {
  const ControlRecipe& recipe = recipes_[index];
  ControlRow row;
  row.kind = table_.rows[index].kind;
  for (const ReplayResult& each : run(recipe)) count(row, each.verdict, recipe.builds);
  return row;
}

}  // namespace recrank
