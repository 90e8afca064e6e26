// The first difference between two recordings of the same history, without any engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/compare/common_steps.h"
#include "replay/difference/call_rows.h"
#include "replay/difference/difference.h"
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
  kFact,            // a NamedFact: the difference holds its name
  kBlock,           // "block": the same step, done in another block
  kCrank,           // "crank": likewise
};
// kFact: "fact".
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
  std::string fact;  // kFact: its name
  // As of a Divergence: expected is A's, got is B's.
  std::optional<Difference> difference;
  std::vector<CallRow> calls;
  // Where it stands in the whole machine's history, where either side says so.
  std::optional<uint64_t> block;
  std::optional<uint64_t> crank;
};
// What reports call it: to_string(field), or the name of the fact.
[[nodiscard]] std::string_view field_name(const RecordedDifference& difference);

// A fact in which honest machines may differ, and did.
struct AllowedDifference {
  std::string fact;
  uint64_t steps = 0;  // in how many steps
  StepPlace first;
};

enum class Side { kA, kB };

// What only one side holds. It is told, and is no difference.
struct OnlyIn {
  Side side = Side::kA;
  StepRange steps;        // in the numbers of that side
  uint64_t failed = 0;    // of these, steps that the kernel took back: only logs hold them
  bool looked_at = true;  // false: too long a range to count; `failed` is unknown
};

// One side's recording ends inside a step that the other has more of. It is told, and is no
// difference.
struct EndsInside {
  Side side = Side::kA;  // the one that ends there
  StepPlace step;
  uint64_t calls = 0;      // that the other side holds behind the last one of this side
  std::string first_call;  // the first of them
};

// Steps of one side that the other may hold or not: nobody can tell. They are not compared.
struct Unplaced {
  Side side = Side::kA;
  StepRange steps;
};

struct RecordedCounts {
  uint64_t steps = 0;
  uint64_t deliveries = 0;
  uint64_t syscalls = 0;
  uint64_t answers = 0;
  uint64_t results = 0;
  uint64_t computrons = 0;
  uint64_t snapshots = 0;
  uint64_t facts = 0;  // that machines must agree on

  RecordedCounts& operator+=(const RecordedCounts& other);
};

// How much of the machine's history a set of deliveries covers.
struct HistoryExtent {
  uint64_t deliveries = 0;
  uint64_t cranks = 0;                   // in which they were made; 0: the recordings do not say
  std::optional<StepRange> crank_range;  // first to behind last; likewise
  std::optional<StepRange> block_range;

  // Deliveries come in the order of their subject.
  void note(std::optional<uint64_t> block, std::optional<uint64_t> crank);
  HistoryExtent& operator+=(const HistoryExtent& other);  // of another subject
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
  std::vector<RecordedDifference> beside;     // the other facts of the same step that differ
  std::vector<AllowedDifference> allowed;     // up to there, in the order of their first steps
  std::string reason;                         // kUnjudged: damage with its place, nothing common
  std::vector<OnlyIn> only;
  std::vector<EndsInside> ends_inside;
  std::vector<Unplaced> unplaced;
  RecordedCounts counts;
  std::vector<CommonSteps> common;       // steps that both hold
  HistoryExtent equal;                   // what of it was compared and found equal
  std::vector<std::string> not_in_both;  // facts that one side or both never had: "computrons"
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
