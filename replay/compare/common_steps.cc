#include "replay/compare/common_steps.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "replay/judge/step_ranges.h"

namespace recrank {
namespace {

using Ranges = std::vector<StepRange>;

// Number in B less number in A of the same step.
using Shift = int64_t;

// A's numbers for ranges of B. Those before A's 0 have none.
Ranges in_numbers_of_a(const Ranges& of_b, Shift shift) {
  Ranges moved;
  for (StepRange range : of_b) {
    if (shift < 0) {
      const auto up = static_cast<uint64_t>(-shift);
      moved.push_back({range.begin + up, range.end + up});
      continue;
    }
    const auto down = static_cast<uint64_t>(shift);
    range.begin = std::max(range.begin, down);
    if (!range.empty()) moved.push_back({range.begin - down, range.end - down});
  }
  return moved;
}

void pair_by(Shift shift, const Ranges& of_a, const Ranges& of_b, std::vector<CommonSteps>& pairs) {
  for (const StepRange& in_a : intersect(of_a, in_numbers_of_a(of_b, shift))) {
    const auto moved = static_cast<uint64_t>(shift);  // wraps where it is negative, and back again
    pairs.push_back({in_a, {in_a.begin + moved, in_a.end + moved}});
  }
}

// The deliveries of some ranges that say in which crank they were made.
class Cranks {
 public:
  Cranks(const SideSubject& side, const Ranges& ranges) : side_(side), ranges_(ranges) {
    advance();
  }

  [[nodiscard]] bool at_end() const { return !crank_; }
  [[nodiscard]] uint64_t crank() const { return *crank_; }
  [[nodiscard]] uint64_t number() const { return step_.number; }
  void advance() {
    crank_.reset();
    while (stream_ != nullptr || next_range_ < ranges_.size()) {
      if (stream_ == nullptr) {
        stream_ = side_.recording.steps(side_.subject.id, ranges_[next_range_++]);
      }
      if (!stream_->next(step_)) {
        stream_.reset();
      } else if (step_.kind == StepKind::kDelivery) {
        crank_ = step_.crank;  // a format that says none of one says none of any
        return;
      }
    }
  }

 private:
  const SideSubject& side_;
  const Ranges& ranges_;
  size_t next_range_ = 0;
  std::unique_ptr<StepStream> stream_;
  Step step_;
  std::optional<uint64_t> crank_;
};

struct Alignment {
  bool told = true;            // both say in which crank their deliveries were made
  std::optional<Shift> shift;  // of the first crank that both have
};

Alignment align(const SideSubject& a, const Ranges& of_a, const SideSubject& b, const Ranges& of_b,
                const Interrupt& interrupt) {
  if (of_a.empty() || of_b.empty()) return {};
  Cranks in_a(a, of_a);
  Cranks in_b(b, of_b);
  if (in_a.at_end() || in_b.at_end()) return {.told = false, .shift = {}};
  while (!in_a.at_end() && !in_b.at_end() && !interrupt.requested()) {
    if (in_a.crank() == in_b.crank()) {
      return {.told = true, .shift = static_cast<Shift>(in_b.number() - in_a.number())};
    }
    (in_a.crank() < in_b.crank() ? in_a : in_b).advance();
  }
  return {};
}

// Pairs what at least one side has not numbered; false: it cannot be told.
bool pair_unnumbered(const SideSubject& a, const Ranges& of_a, const SideSubject& b,
                     const Ranges& of_b, const Interrupt& interrupt, StepPairing& pairing) {
  const Alignment found = align(a, of_a, b, of_b, interrupt);
  if (found.shift) pair_by(*found.shift, of_a, of_b, pairing.common);
  return found.told;
}

}  // namespace

SideSubject side_of(const Recording& recording, const std::string& subject_id) {
  static const Subject kNothing;
  for (const Subject& subject : recording.subjects()) {
    if (subject.id == subject_id) return {recording, subject};
  }
  return {recording, kNothing};
}

Ranges SideSubject::numbered() const {
  return intersect(subject.held, {{subject.unnumbered_before, kNoEnd}});
}

Ranges SideSubject::unnumbered() const {
  return intersect(subject.held, {{0, subject.unnumbered_before}});
}

StepPairing pair_steps(const SideSubject& a, const SideSubject& b, const Interrupt& interrupt) {
  StepPairing pairing;
  const Ranges numbered_a = a.numbered();
  const Ranges numbered_b = b.numbered();
  const Ranges rest_a = a.unnumbered();
  const Ranges rest_b = b.unnumbered();
  pair_by(static_cast<Shift>(b.subject.number_offset) - static_cast<Shift>(a.subject.number_offset),
          numbered_a, numbered_b, pairing.common);
  const bool placed = pair_unnumbered(a, rest_a, b, rest_b, interrupt, pairing);
  const bool placed_a = pair_unnumbered(a, rest_a, b, numbered_b, interrupt, pairing);
  const bool placed_b = pair_unnumbered(a, numbered_a, b, rest_b, interrupt, pairing);
  if (!placed || !placed_a) pairing.unplaced_in_a = rest_a;
  if (!placed || !placed_b) pairing.unplaced_in_b = rest_b;
  std::sort(pairing.common.begin(), pairing.common.end(),
            [](const CommonSteps& x, const CommonSteps& y) { return x.in_a.begin < y.in_a.begin; });
  return pairing;
}

}  // namespace recrank
