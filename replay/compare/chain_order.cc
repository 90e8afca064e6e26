#include "replay/compare/chain_order.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank {
namespace {

struct Place {
  std::optional<uint64_t> block;
  std::optional<uint64_t> crank;
};

// The steps of `subject` that are those of A, which it holds under numbers that can be believed.
std::optional<StepRange> held_of(StepRange in_a, const Subject& a, const Subject& subject) {
  if (in_a.begin < a.unnumbered_before) return std::nullopt;
  const uint64_t shift = subject.number_offset - a.number_offset;  // wraps, and back again
  const StepRange own{in_a.begin + shift, in_a.end + shift};
  const bool held = own.begin >= subject.unnumbered_before && subject.holds(own);
  return held ? std::optional(own) : std::nullopt;
}

// Runs `body`; evidence that cannot be read says nothing.
template <typename Body>
void unless_damaged(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    const bool damage =
        error.code() == ErrorCode::kInvalidData || error.code() == ErrorCode::kUnsupported;
    if (!damage) throw;
  }
}

// Fills `step` with the one that has this number in A; false: it is not held, or damaged.
bool read_step(const Recording& recording, const Subject& a, uint64_t number, Step& step) {
  const auto own = held_of({number, number + 1}, a, side_of(recording, a.id).subject);
  bool read = false;
  if (own) {
    unless_damaged([&] { read = recording.steps(a.id, *own)->next(step); });
  }
  return read;
}

// A log of another chain that lies beside the recordings would tell of another step.
bool same_delivery(const Step& told, const std::vector<std::string>& deliveries) {
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const std::string& delivery) {
    return delivery == told.delivery || json_equal(delivery, told.delivery);
  });
}

// The first two of `placing` are those that were compared.
void place_difference(const SubjectComparison& subject, RecordedDifference& difference,
                      const std::vector<const Recording*>& placing) {
  const Subject& a = side_of(*placing[0], subject.subject_id).subject;
  std::vector<std::string> deliveries;
  Step step;
  for (size_t i = 0; i < placing.size() && !(difference.crank && difference.block); ++i) {
    if (!read_step(*placing[i], a, difference.step.in_a, step)) continue;
    if (i < 2) deliveries.emplace_back(step.delivery);
    if (!same_delivery(step, deliveries)) continue;
    if (!difference.crank) difference.crank = step.crank;
    if (!difference.block) difference.block = step.block;
  }
}

// By crank where both are known, else by block; nullopt where neither can tell.
std::optional<bool> before(const Place& x, const Place& y) {
  if (x.crank && y.crank) return *x.crank < *y.crank;
  if (x.block && y.block) return *x.block < *y.block;
  return std::nullopt;
}

Place place_of(const SubjectComparison& subject) {
  return {subject.first->block, subject.first->crank};
}

void find_earliest(const CompareResult& result, ChainOrder& order) {
  size_t differing = 0;
  for (size_t i = 0; i < result.subjects.size(); ++i) {
    const SubjectComparison& subject = result.subjects[i];
    if (!subject.first) continue;
    ++differing;
    if (!subject.first->crank && !subject.first->block) {
      ++order.unplaced;
    } else if (!order.earliest) {
      order.earliest = i;
    } else if (before(place_of(subject), place_of(result.subjects[*order.earliest])) == true) {
      order.earliest = i;
    }
  }
  if (order.earliest || differing != 1) return;
  // The only one is the first one, wherever it stands.
  const auto only = std::find_if(result.subjects.begin(), result.subjects.end(),
                                 [](const SubjectComparison& s) { return s.first.has_value(); });
  order.earliest = static_cast<size_t>(only - result.subjects.begin());
  order.unplaced = 0;
}

// The deliveries of the subject in front of `end`, as one recording tells them. nullopt: it does
// not say where they stand.
std::optional<HistoryExtent> read_until(const Recording& recording, const Subject& a,
                                        const SubjectComparison& subject, const Place& end,
                                        const Interrupt& interrupt) {
  HistoryExtent extent;
  bool told = false;
  Step step;
  for (const CommonSteps& steps : subject.common) {
    const auto own = held_of(steps.in_a, a, side_of(recording, a.id).subject);
    if (!own) return std::nullopt;
    const auto stream = recording.steps(a.id, *own);
    while (!interrupt.requested() && stream->next(step)) {
      if (step.kind != StepKind::kDelivery) continue;
      const std::optional<bool> earlier = before({step.block, step.crank}, end);
      if (!earlier) return std::nullopt;
      told = true;
      if (!*earlier) return extent;
      extent.note(step.block, step.crank);
    }
  }
  return told ? std::optional(extent) : std::nullopt;
}

// Whether all that was found equal of the subject stands before `end`; false also where nobody
// knows where it stands.
bool all_before(const HistoryExtent& extent, const Place& end) {
  Place last;
  if (extent.crank_range) last.crank = extent.crank_range->end - 1;
  if (extent.block_range) last.block = extent.block_range->end - 1;
  return before(last, end) == true;
}

std::optional<HistoryExtent> agreed_of(const SubjectComparison& subject, const Place& end,
                                       const std::vector<const Recording*>& placing,
                                       const Interrupt& interrupt) {
  if (all_before(subject.equal, end)) return subject.equal;
  const Subject& a = side_of(*placing[0], subject.subject_id).subject;
  std::optional<HistoryExtent> extent;
  for (const Recording* recording : placing) {
    unless_damaged([&] { extent = read_until(*recording, a, subject, end, interrupt); });
    if (extent) break;
  }
  return extent;
}

void sum_up(const CompareResult& result, const std::vector<const Recording*>& placing,
            const Interrupt& interrupt, ChainOrder& order) {
  const bool differs = result.kind == VerdictKind::kDiverged;
  if (differs && !order.earliest) return;
  const Place end = differs ? place_of(result.subjects[*order.earliest]) : Place();
  for (size_t i = 0; i < result.subjects.size(); ++i) {
    const SubjectComparison& subject = result.subjects[i];
    if (subject.equal.deliveries == 0) continue;
    std::optional<HistoryExtent> extent = subject.equal;
    if (differs) extent = agreed_of(subject, end, placing, interrupt);
    // All that was equal of the one that differs came before it, wherever that was.
    if (!extent && differs && i == *order.earliest) extent = subject.equal;
    if (!extent) ++order.unknown_vats;
    if (!extent || extent->deliveries == 0) continue;
    order.agreed += *extent;
    ++order.agreed_vats;
  }
}

}  // namespace

ChainOrder order_by_chain(CompareResult& result, const std::vector<const Recording*>& placing,
                          const Interrupt& interrupt) {
  ChainOrder order;
  for (SubjectComparison& subject : result.subjects) {
    if (subject.first) place_difference(subject, *subject.first, placing);
  }
  find_earliest(result, order);
  sum_up(result, placing, interrupt, order);
  return order;
}

}  // namespace recrank
