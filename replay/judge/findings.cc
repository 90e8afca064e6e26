#include "replay/judge/findings.h"

#include <algorithm>
#include <utility>

namespace recrank {
namespace {

void append(std::string& text, const std::string& more, const char* separator) {
  if (!text.empty() && !more.empty()) text += separator;
  text += more;
}

// How a replay that had diverged before came to its end.
std::string told_end(const Verdict& end) {
  std::string text = "ended at step " + std::to_string(end.step.value_or(0)) + ": ";
  text += to_string(end.kind);
  if (end.kind == VerdictKind::kLimit && end.limit) {
    append(text, std::string(to_string(end.limit->kind)), ", ");
  } else {
    append(text, end.end.meaning, ", ");
  }
  append(text, end.reason, ", ");
  append(text, end.detail, ", ");
  return text;
}

}  // namespace

void Findings::note_recorded(const Step& step) {
  if (step.kind == StepKind::kDelivery) {
    ++deliveries_;
    result_recorded_ = result_recorded_ || step.status.has_value() || !step.expected_result.empty();
    computrons_recorded_ = computrons_recorded_ || step.computrons.has_value();
    for (const NamedFact& fact : step.facts) {
      if (fact.local) continue;
      FactCount* known = fact_count(fact.name);
      if (known == nullptr) known = &facts_.emplace_back(FactCount{std::string(fact.name), 0, 0});
      ++known->recorded;
    }
  } else if (step.kind == StepKind::kSaveSnapshot) {
    save_mark_ = true;
    snapshot_hash_recorded_ = snapshot_hash_recorded_ || !step.expected_snapshot.empty();
  }
}

Findings::FactCount* Findings::fact_count(std::string_view name) {
  const auto known = std::find_if(facts_.begin(), facts_.end(),
                                  [&](const FactCount& count) { return count.name == name; });
  return known == facts_.end() ? nullptr : &*known;
}

void Findings::note_compared_fact(std::string_view name) {
  if (FactCount* known = fact_count(name)) ++known->compared;
}

void Findings::add_note(const std::string& note) {
  constexpr size_t kNotesBytesMax = 4000;  // of a long list of troubles the first are enough
  if (notes_.size() + note.size() <= kNotesBytesMax) append(notes_, note, "; ");
}

Verdict Findings::conclude(Verdict end) const {
  if (!divergences.empty() && end.kind != VerdictKind::kInterrupted) {
    std::string detail;
    if (end.step && end.kind != VerdictKind::kDiverged) detail = told_end(end);
    end.kind = VerdictKind::kDiverged;
    end.step = divergences.listed().front().step;
    end.as_recorded = false;
    end.reason.clear();
    end.detail = std::move(detail);
    if (end.end.own_limit.empty()) end.end.own_limit = own_limit;
  }
  end.lived_on = lived_on;
  end.divergences = divergences.listed();
  end.divergence_count = divergences.count();
  append(end.detail, notes_, "; ");
  return end;
}

Verdict Findings::conclude_all_ran(bool outlived_claim) const {
  const uint64_t of_deliveries = compared.total() - compared.snapshots;
  const bool enough = compared.total() > 0 && (deliveries_ == 0 || of_deliveries > 0);
  if (enough || outlived_claim) return conclude(verdict_of_kind(VerdictKind::kClean));
  return conclude(unjudged("nothing to compare: " + std::to_string(compared.steps) +
                               " steps ran, and no recorded fact about a delivery could be held "
                               "against what they did",
                           std::nullopt));
}

std::vector<std::string> Findings::left_out(const CompareOptions& compare) const {
  std::vector<std::string> list;
  if (!compare.syscalls) list.emplace_back("syscalls");
  if (!compare.result) list.emplace_back("result");
  if (!compare.computrons || engine_lacks_computrons) list.emplace_back("computrons");
  if (!compare.snapshots) list.emplace_back("snapshots");
  if (!compare.facts && !facts_.empty()) list.emplace_back("facts");
  for (const FactCount& fact : facts_) {
    if (!compare.facts || fact.compared == fact.recorded) continue;
    // The engine did not tell it, in all steps or in some.
    list.push_back(fact.compared == 0
                       ? fact.name
                       : fact.name + " in " + std::to_string(fact.recorded - fact.compared) +
                             " of " + std::to_string(fact.recorded) + " steps");
  }
  return list;
}

std::vector<std::string> Findings::not_recorded() const {
  std::vector<std::string> list;
  // What is judged by its facts has no result and no meter.
  const bool by_facts = !facts_.empty();
  if (deliveries_ > 0 && !by_facts && !result_recorded_) list.emplace_back("result");
  if (deliveries_ > 0 && !by_facts && !computrons_recorded_) list.emplace_back("computrons");
  if (save_mark_ && !snapshot_hash_recorded_) list.emplace_back("snapshots");
  return list;
}

Verdict unjudged(std::string reason, std::optional<uint64_t> step) {
  Verdict verdict = verdict_of_kind(VerdictKind::kUnjudged);
  verdict.step = step;
  verdict.reason = std::move(reason);
  return verdict;
}

Verdict verdict_of_kind(VerdictKind kind) {
  Verdict verdict;
  verdict.kind = kind;
  return verdict;
}

}  // namespace recrank
