// The first difference between two recordings of the same history, without any engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/verdict.h"
#include "snapshot/recording.h"

namespace recrank {

enum class RecordedField {
  kKind,            // "kind": a delivery in one, a mark of the kernel in the other
  kDelivery,        // "delivery"
  kSyscallWrong,    // "syscall wrong": another call at this place
  kSyscallExtra,    // "syscall extra": B has a call that A lacks
  kSyscallMissing,  // "syscall missing": A has a call that B lacks
  kAnswer,          // "answer": the same call, answered otherwise
  kResult,          // "result": ok or failed, and the text of the failure
  kComputrons,      // "computrons"
  kSnapshotHash,    // "snapshot-hash"
};
[[nodiscard]] std::string_view to_string(RecordedField field);

// Where a step stands: the two formats may number it differently.
struct StepPlace {
  uint64_t in_a = 0;
  uint64_t in_b = 0;
};

struct RecordedDifference {
  StepPlace step;
  RecordedField field = RecordedField::kDelivery;
  std::optional<uint64_t> index;  // of the call within the step, from 0
  std::string a;
  std::string b;
};

enum class Side { kA, kB };

// What only one side holds. It is told, and is no difference.
struct OnlyIn {
  Side side = Side::kA;
  StepRange steps;       // in the numbers of that side
  uint64_t failed = 0;   // of these, steps that the kernel took back: only logs hold them
  bool looked_at = true; // false: too long a range to count; `failed` is unknown
};

struct RecordedCounts {
  uint64_t steps = 0;
  uint64_t deliveries = 0;
  uint64_t syscalls = 0;
  uint64_t answers = 0;
  uint64_t results = 0;
  uint64_t computrons = 0;
  uint64_t snapshots = 0;

  RecordedCounts& operator+=(const RecordedCounts& other);
};

// One vat that both sides hold steps of, or that only one side does.
struct SubjectComparison {
  std::string subject_kind = "vat";
  std::string subject_id;
  std::string name;
  VerdictKind kind = VerdictKind::kUnjudged;  // kClean: all that both hold is equal; kDiverged;
                                              // kUnjudged; kInterrupted
  bool in_both = false;                       // both sides hold steps of it
  std::optional<RecordedDifference> first;    // kDiverged
  std::string reason;                         // kUnjudged: damage with its place, nothing common
  std::vector<OnlyIn> only;
  RecordedCounts counts;
  std::vector<std::string> not_in_both;       // facts that one side or both never had: "computrons"
};

struct CompareResult {
  // kDiverged when any vat is; else kUnjudged when any is that both hold steps of, or none is
  // held by both; else kClean.
  VerdictKind kind = VerdictKind::kUnjudged;
  std::string reason;                       // kUnjudged
  std::vector<SubjectComparison> subjects;  // in the order of their numbers
  RecordedCounts counts;                    // of all
};

struct CompareRequest {
  std::string subject_id;  // empty: all vats
  CompareOptions compare;
};

// Goes through the steps that both hold, vat by vat, up to the first difference of each. Damage met
// on the way makes that vat kUnjudged. kUsage when subject_id is in neither.
[[nodiscard]] CompareResult compare_recordings(const Recording& a, const Recording& b,
                                               const CompareRequest& request,
                                               const Interrupt& interrupt);

}  // namespace recrank
