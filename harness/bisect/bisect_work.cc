#include "harness/bisect/bisect_work.h"

#include <algorithm>

#include "base/error.h"

namespace recrank {

EngineAnswers BisectWork::answers() const {
  EngineAnswers all;
  for (const EngineProbe& each : result.engines) all.push_back(each.answer);
  return all;
}

void BisectWork::tell(size_t index) const {
  if (!observer) return;
  const EngineAnswers all = answers();
  const auto asked =
      std::count_if(all.begin(), all.end(), [](const auto& a) { return a.has_value(); });
  observer({static_cast<size_t>(asked), shelf.size(), prober.runs_made(), shelf.name(index)});
}

bool BisectWork::open(size_t index) {
  EngineProbe& probe = result.engines[index];
  if (!probe.key.empty()) return true;
  tell(index);
  const OpenedCandidate& opened = shelf.open(index, interrupt);
  probe.command_words = opened.command_words;
  probe.no_command = opened.no_command;
  if (opened.engine == nullptr) {
    if (interrupt.requested()) return false;
    probe.word = ProbeWord::kUnjudged;
    probe.answer = EngineAnswer::kSkip;
    probe.why = opened.missing;
    return false;
  }
  probe.key = opened.key;
  return true;
}

std::optional<ReplayPlan> BisectWork::fresh_plan(uint64_t from, uint64_t last,
                                                 std::string& why) const {
  ReplayRequest fresh = request.replay;
  fresh.from_genesis = true;
  fresh.from = from;
  fresh.to = last;
  try {
    return plan_replay(recording, fresh);
  } catch (const Error& error) {
    why = std::string("its bundles need a fresh worker: ") + error.what();
    return std::nullopt;
  }
}

ReplayPlan BisectWork::plan_of(const EngineProbe& probe, const OpenedCandidate& engine) const {
  const ProbePlans& plans = question.plans;
  if (has_bundles(engine) && plans.fresh) return *plans.fresh;
  const bool near = probe.start && probe.start->label() == plans.near.checkpoint.label();
  return near ? plans.near : plans.whole;
}

std::optional<std::pair<size_t, size_t>> BisectWork::neighbours() const {
  const BisectFound found = judge_answers(answers(), options);
  if (found.end != BisectEnd::kChange) return std::nullopt;
  const Transition& change = found.transitions.front();
  return change.to_bad ? std::pair(change.before, change.after)
                       : std::pair(change.after, change.before);
}

size_t BisectWork::owner(size_t index) const {
  return result.engines[index].same_as.value_or(index);
}

uint64_t BisectWork::goods() const {
  return static_cast<uint64_t>(std::count_if(
      result.engines.begin(), result.engines.end(),
      [](const EngineProbe& each) { return each.answer == EngineAnswer::kGood && !each.same_as; }));
}

}  // namespace recrank
