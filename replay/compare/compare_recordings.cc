#include "replay/compare/compare_recordings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "replay/compare/common_steps.h"
#include "replay/compare/compare_steps.h"
#include "replay/judge/step_ranges.h"

namespace recrank {
namespace {

// What only one side holds is read through up to this length, to tell marks and failed steps.
constexpr uint64_t kOnlyStepsMax = 1000;

// Nothing when the range holds only marks, which not every format can hold.
std::optional<OnlyIn> look_at(Side which, const SideSubject& side, StepRange own) {
  OnlyIn only;
  only.side = which;
  only.steps = own;
  only.looked_at = own.end - own.begin <= kOnlyStepsMax;
  if (!only.looked_at) return only;
  uint64_t deliveries = 0;
  const auto stream = side.recording.steps(side.subject.id, own);
  Step step;
  while (stream->next(step)) {
    if (step.kind != StepKind::kDelivery) continue;
    ++deliveries;
    if (step.status == RecordedStatus::kFailed) ++only.failed;
  }
  return deliveries > 0 ? std::optional(only) : std::nullopt;
}

// What the evidence cannot give is a finding about it; the rest is the machine's failure.
bool is_finding(const Error& error) {
  return error.code() == ErrorCode::kInvalidData || error.code() == ErrorCode::kUnsupported;
}

void list_only(Side which, const SideSubject& side, const std::vector<StepRange>& of_both,
               SubjectComparison& result) {
  for (const StepRange& range : subtract(side.subject.held, of_both)) {
    try {
      if (auto only = look_at(which, side, range)) result.only.push_back(*only);
    } catch (const Error& error) {
      // Damage in what is not compared is no obstacle to the comparison; inspect tells of it.
      if (!is_finding(error)) throw;
      result.only.push_back({which, range, 0, false});
    }
  }
}

// Which facts each side ever had.
struct FactsOfBoth {
  std::array<bool, 2> result{};
  std::array<bool, 2> computrons{};
  bool deliveries = false;
  bool facts = false;  // what is judged by its facts has no result and no meter

  void note(const Step& step, size_t side) {
    if (step.kind != StepKind::kDelivery) return;
    deliveries = true;
    facts = facts || !step.facts.empty();
    result[side] = result[side] || step.status.has_value() || !step.expected_result.empty();
    computrons[side] = computrons[side] || step.computrons.has_value();
  }
  [[nodiscard]] std::vector<std::string> lacking() const {
    std::vector<std::string> list;
    if (deliveries && !facts && !(result[0] && result[1])) list.emplace_back("result");
    if (deliveries && !facts && !(computrons[0] && computrons[1])) list.emplace_back("computrons");
    return list;
  }
};

// Compares one vat.
class SubjectComparer {
 public:
  SubjectComparer(const SideSubject& a, const SideSubject& b, const CompareRequest& request,
                  const Interrupt& interrupt, SubjectComparison& result)
      : a_(a),
        b_(b),
        dialect_(dialect_of(a.recording)),
        request_(request),
        interrupt_(interrupt),
        result_(result) {}

  void compare() {
    try {
      if (!pair()) {
        if (result_.kind != VerdictKind::kInterrupted) check_losses(kNoEnd, kNoEnd);
        return;
      }
      result_.kind = VerdictKind::kClean;
      for (const CommonSteps& steps : result_.common) {
        if (!compare_range(steps)) break;
      }
      if (result_.kind != VerdictKind::kInterrupted) check_evidence();
    } catch (const Error& error) {
      if (!is_finding(error)) throw;
      result_.in_both = true;
      result_.kind = VerdictKind::kUnjudged;
      result_.reason = error.what();
      result_.first.reset();
    }
    result_.not_in_both = facts_.lacking();
    if (result_.kind == VerdictKind::kClean && result_.counts.deliveries == 0) {
      result_.kind = VerdictKind::kUnjudged;
      result_.reason = "no delivery of it is held by both";
    }
  }

 private:
  // False when there is nothing to compare.
  bool pair() {
    StepPairing pairing = pair_steps(a_, b_, interrupt_);
    if (interrupt_.requested()) {
      result_.kind = VerdictKind::kInterrupted;
      return false;
    }
    std::vector<StepRange> of_a;
    std::vector<StepRange> of_b;
    for (const CommonSteps& steps : pairing.common) {
      of_a.push_back(steps.in_a);
      of_b.push_back(steps.in_b);
    }
    std::sort(of_b.begin(), of_b.end(), [](StepRange x, StepRange y) { return x.begin < y.begin; });
    for (const StepRange& steps : pairing.unplaced_in_a)
      result_.unplaced.push_back({Side::kA, steps});
    for (const StepRange& steps : pairing.unplaced_in_b)
      result_.unplaced.push_back({Side::kB, steps});
    if (result_.unplaced.empty()) {  // else any step may be one of them
      list_only(Side::kA, a_, of_a, result_);
      list_only(Side::kB, b_, of_b, result_);
    }
    result_.common = std::move(pairing.common);
    result_.in_both = !result_.common.empty() || !result_.unplaced.empty();
    if (!result_.common.empty()) return true;
    result_.reason = result_.unplaced.empty()
                         ? "no step of it is held by both"
                         : "one side counts its steps from where it begins, the other says no "
                           "cranks: what both hold cannot be told";
    return false;
  }

  // A difference, or none, is that of the two machines only as far as both sides are what was
  // recorded.
  void check_evidence() {
    std::array<std::vector<StepRange>, 2> compared;
    for (const CommonSteps& steps : result_.common) {
      StepRange in_a = steps.in_a;
      StepRange in_b = steps.in_b;
      if (result_.first) in_a.end = std::min(in_a.end, result_.first->step.in_a + 1);
      if (in_a.empty()) break;
      in_b.end = in_b.begin + (in_a.end - in_a.begin);
      compared[0].push_back(in_a);
      compared[1].push_back(in_b);
    }
    std::array<std::string, 2> damage;
    parallel_for(2, {.threads = 2}, [&](size_t i) {
      const SideSubject& side = i == 0 ? a_ : b_;
      if (!side.recording.info().stores_hashes) return;  // all of it was read
      for (const StepRange& range : compared[i]) {
        if (damage[i].empty()) damage[i] = damage_in(side, range);
      }
    });
    for (const std::string& found : damage) {
      if (!found.empty()) return refuse(found);
    }
    if (!result_.first) return check_losses(kNoEnd, kNoEnd);
    check_losses(result_.first->step.in_a + 1, result_.first->step.in_b + 1);
  }

  static std::string damage_in(const SideSubject& side, StepRange range) {
    const VerifyScope scope{side.subject.id, range, VerifyParts::kAllButHeaps};
    for (const Damage& damage : side.recording.verify(scope).damage) {
      const bool concerns = damage.subject_id.empty() || damage.subject_id == side.subject.id;
      if (concerns) return damage.place + ": " + damage.what;
    }
    return "";
  }

  // Steps that a side lost cannot be compared: what the other holds of them is no longer history.
  void check_losses(uint64_t end_in_a, uint64_t end_in_b) {
    const MissingSteps* lost = a_.subject.lost_in({0, end_in_a});
    if (lost == nullptr) lost = b_.subject.lost_in({0, end_in_b});
    if (lost != nullptr) refuse(lost->damaged_place + ": " + lost->why);
  }

  void refuse(const std::string& damage) {
    result_.in_both = true;
    result_.kind = VerdictKind::kUnjudged;
    result_.reason = "the evidence is damaged: " + damage + " (take another copy of it)";
    result_.first.reset();
    result_.beside.clear();
  }

  // False when this vat is decided.
  bool compare_range(const CommonSteps& steps) {
    const auto in_a = a_.recording.steps(a_.subject.id, steps.in_a);
    const auto in_b = b_.recording.steps(b_.subject.id, steps.in_b);
    Step a;
    Step b;
    for (uint64_t i = 0; i < steps.in_a.end - steps.in_a.begin; ++i) {
      if (interrupt_.requested()) {
        result_.kind = VerdictKind::kInterrupted;
        return false;
      }
      if (!next_is(*in_a, a, a_, steps.in_a.begin + i)) return false;
      if (!next_is(*in_b, b, b_, steps.in_b.begin + i)) return false;
      facts_.note(a, 0);
      facts_.note(b, 1);
      result_.first = compare_steps(a, b, dialect_, request_.compare, result_.counts);
      if (request_.compare.facts) note_allowed(a, b);
      if (!result_.first) {
        note_equal(a, b);
        continue;
      }
      if (result_.first->field == RecordedField::kFact) {
        result_.beside = facts_beside(a, b, *result_.first);
      }
      result_.kind = VerdictKind::kDiverged;
      return false;
    }
    return true;
  }

  void note_equal(const Step& a, const Step& b) {
    if (const auto end = ends_inside(a, b, dialect_); end && request_.compare.syscalls) {
      result_.ends_inside.push_back(*end);
    }
    if (a.kind != StepKind::kDelivery) return;
    result_.equal.note(a.block ? a.block : b.block, a.crank ? a.crank : b.crank);
  }

  void note_allowed(const Step& a, const Step& b) {
    for (const std::string_view name : local_differences(a, b)) {
      auto& list = result_.allowed;
      auto known = std::find_if(list.begin(), list.end(),
                                [&](const AllowedDifference& each) { return each.fact == name; });
      if (known == list.end()) {
        list.push_back({std::string(name), 0, {a.number, b.number}});
        known = std::prev(list.end());
      }
      ++known->steps;
    }
  }

  bool next_is(StepStream& stream, Step& step, const SideSubject& side, uint64_t number) {
    if (stream.next(step) && step.number == number) return true;
    result_.kind = VerdictKind::kUnjudged;
    result_.reason = side.recording.info().path + ": " + side.subject.id + ": step " +
                     std::to_string(number) + " is missing, though it is said to be held";
    return false;
  }

  const SideSubject& a_;
  const SideSubject& b_;
  const Dialect& dialect_;
  const CompareRequest& request_;
  const Interrupt& interrupt_;
  SubjectComparison& result_;
  FactsOfBoth facts_;
};

// Ids of both sides, in order, without those that hold nothing on either side.
std::vector<std::string> ids_of_both(const Recording& a, const Recording& b,
                                     const CompareRequest& request) {
  std::vector<std::string> ids;
  for (const Recording* recording : {&a, &b}) {
    for (const Subject& subject : recording->subjects()) {
      const bool told = !subject.held.empty() || subject.lost_in({0, kNoEnd}) != nullptr;
      const bool wanted = request.subject_id.empty() ? told : subject.id == request.subject_id;
      if (wanted) ids.push_back(subject.id);
    }
  }
  std::sort(ids.begin(), ids.end(), vat_id_less);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.empty() && !request.subject_id.empty()) {
    throw Error(ErrorCode::kUsage, "neither recording holds a subject " + request.subject_id);
  }
  return ids;
}

SubjectComparison compare_subject(const Recording& a, const Recording& b, const std::string& id,
                                  const CompareRequest& request, const Interrupt& interrupt) {
  SubjectComparison result;
  result.subject_id = id;
  const SideSubject side_a = side_of(a, id);
  const SideSubject side_b = side_of(b, id);
  result.subject_kind = (side_a.subject.id.empty() ? side_b : side_a).subject.kind;
  result.name = side_a.subject.name.empty() ? side_b.subject.name : side_a.subject.name;
  SubjectComparer(side_a, side_b, request, interrupt, result).compare();
  return result;
}

void conclude(CompareResult& result) {
  result.kind = VerdictKind::kClean;
  bool any_clean = false;
  for (const SubjectComparison& s : result.subjects) {
    result.counts += s.counts;
    any_clean = any_clean || s.kind == VerdictKind::kClean;
    if (s.kind == VerdictKind::kInterrupted) result.kind = VerdictKind::kInterrupted;
    if (result.kind == VerdictKind::kInterrupted) continue;
    if (s.kind == VerdictKind::kDiverged) result.kind = VerdictKind::kDiverged;
    if (result.kind == VerdictKind::kDiverged) continue;
    if (s.kind == VerdictKind::kUnjudged && s.in_both) {
      result.kind = VerdictKind::kUnjudged;
      if (result.reason.empty()) result.reason = s.subject_id + ": " + s.reason;
    }
  }
  if (result.kind != VerdictKind::kUnjudged) result.reason.clear();
  if (result.kind == VerdictKind::kClean && !any_clean) {
    result.kind = VerdictKind::kUnjudged;
    result.reason = "nothing to compare: the two recordings have no delivery in common";
  }
}

}  // namespace

CompareResult compare_recordings(const Recording& a, const Recording& b,
                                 const CompareRequest& request, const Interrupt& interrupt) {
  CompareResult result;
  if (a.info().dialect != b.info().dialect) {
    result.reason = "the recordings are of different eras: their kernels spoke differently";
    return result;
  }
  for (const std::string& id : ids_of_both(a, b, request)) {
    result.subjects.push_back(compare_subject(a, b, id, request, interrupt));
  }
  conclude(result);
  return result;
}

}  // namespace recrank
