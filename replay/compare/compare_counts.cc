// What a comparison counts, and the names of its fields.
#include <algorithm>

#include "replay/compare/compare_recordings.h"

namespace recrank {
namespace {

void widen(std::optional<StepRange>& range, const std::optional<StepRange>& by) {
  if (!by) return;
  if (!range) range = by;
  range->begin = std::min(range->begin, by->begin);
  range->end = std::max(range->end, by->end);
}

}  // namespace

std::string_view to_string(RecordedField field) {
  switch (field) {
    case RecordedField::kKind: return "kind";
    case RecordedField::kDelivery: return "delivery";
    case RecordedField::kSyscallWrong: return "syscall wrong";
    case RecordedField::kSyscallExtra: return "syscall extra";
    case RecordedField::kSyscallMissing: return "syscall missing";
    case RecordedField::kAnswer: return "answer";
    case RecordedField::kResult: return "result";
    case RecordedField::kComputrons: return "computrons";
    case RecordedField::kSnapshotHash: return "snapshot-hash";
    case RecordedField::kFact: return "fact";
    case RecordedField::kBlock: return "block";
    case RecordedField::kCrank: return "crank";
  }
  return "unknown";
}

std::string_view field_name(const RecordedDifference& difference) {
  return difference.field == RecordedField::kFact ? difference.fact : to_string(difference.field);
}

RecordedCounts& RecordedCounts::operator+=(const RecordedCounts& other) {
  steps += other.steps;
  deliveries += other.deliveries;
  syscalls += other.syscalls;
  answers += other.answers;
  results += other.results;
  computrons += other.computrons;
  snapshots += other.snapshots;
  facts += other.facts;
  return *this;
}

void HistoryExtent::note(std::optional<uint64_t> block, std::optional<uint64_t> crank) {
  ++deliveries;
  if (crank && (!crank_range || *crank >= crank_range->end)) ++cranks;
  if (crank) widen(crank_range, StepRange{*crank, *crank + 1});
  if (block) widen(block_range, StepRange{*block, *block + 1});
}

// A crank delivers to one vat.
HistoryExtent& HistoryExtent::operator+=(const HistoryExtent& other) {
  deliveries += other.deliveries;
  cranks += other.cranks;
  widen(crank_range, other.crank_range);
  widen(block_range, other.block_range);
  return *this;
}

}  // namespace recrank
