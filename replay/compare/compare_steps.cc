#include "replay/compare/compare_steps.h"

#include <algorithm>
#include <vector>

#include "base/json_cursor.h"
#include "replay/compare/agreeing_json.h"
#include "replay/judge/align_calls.h"
#include "replay/judge/divergence_list.h"
#include "replay/judge/side_by_side.h"

namespace recrank {
namespace {

std::string_view kind_name(StepKind kind) {
  switch (kind) {
    case StepKind::kDelivery: return "delivery";
    case StepKind::kInitializeWorker: return "initialize-worker";
    case StepKind::kSaveSnapshot: return "save-snapshot";
    case StepKind::kLoadSnapshot: return "load-snapshot";
    case StepKind::kShutdownWorker: return "shutdown-worker";
  }
  return "unknown";
}

// Where the histories part is where the first of both does what the other does not.
std::optional<uint64_t> earlier(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

RecordedDifference difference(const Step& a, const Step& b, RecordedField field,
                              std::string_view in_a, std::string_view in_b,
                              std::optional<uint64_t> index = {},
                              const Dialect* dialect = nullptr) {
  RecordedDifference found;
  found.step = {a.number, b.number};
  found.field = field;
  found.index = index;
  found.block = earlier(a.block, b.block);
  found.crank = earlier(a.crank, b.crank);
  cut_around_difference(in_a, in_b, found.a, found.b);
  const bool of_one_kind =
      field != RecordedField::kSyscallExtra && field != RecordedField::kSyscallMissing;
  if (of_one_kind) {
    found.difference =
        find_difference(in_a, in_b, dialect == nullptr ? InnerJson() : inner_json_of(*dialect));
  }
  return found;
}

// The calls of `step` from `begin` on, as many as the alignment takes.
std::vector<std::string_view> calls_from(const Step& step, size_t begin) {
  std::vector<std::string_view> calls;
  for (size_t k = begin; k < step.calls.size() && calls.size() < kAlignCallsMax; ++k) {
    calls.push_back(step.calls[k].call);
  }
  return calls;
}

// The calls differ from the `at`-th on: says how.
RecordedDifference name_call_difference(const Step& a, const Step& b, size_t at,
                                        const Dialect& dialect) {
  const std::vector<std::string_view> in_a = calls_from(a, at);
  const std::vector<std::string_view> in_b = calls_from(b, at);
  const bool all_seen = at + in_a.size() == a.calls.size() && at + in_b.size() == b.calls.size();
  const CallAlignment found =
      align_calls(in_b, in_a, all_seen ? AlignExtent::kWholeStep : AlignExtent::kSoFar);
  // The calls at `at` differ, so there is an edit, and the first one is there.
  const CallEdit edit = found.edits.empty() ? CallEdit{} : found.edits.front();
  const RecordedField field = edit.kind == CallEditKind::kWrong   ? RecordedField::kSyscallWrong
                              : edit.kind == CallEditKind::kExtra ? RecordedField::kSyscallExtra
                                                                  : RecordedField::kSyscallMissing;
  const auto text = [](const std::vector<std::string_view>& calls, size_t k) {
    return k < calls.size() ? calls[k] : kNoCall;
  };
  RecordedDifference first = difference(a, b, field, text(in_a, edit.recorded),
                                        text(in_b, edit.made), at + edit.recorded, &dialect);
  first.calls = side_by_side(at, in_b, in_a, found);
  return first;
}

std::optional<RecordedDifference> compare_calls(const Step& a, const Step& b,
                                                const Dialect& dialect, RecordedCounts& counts) {
  const size_t common = std::min(a.calls.size(), b.calls.size());
  for (size_t k = 0; k < common; ++k) {
    ++counts.syscalls;
    if (!same_call(a.calls[k].call, b.calls[k].call)) return name_call_difference(a, b, k, dialect);
    ++counts.answers;
    if (!json_equal(a.calls[k].answer, b.calls[k].answer)) {
      return difference(a, b, RecordedField::kAnswer, a.calls[k].answer, b.calls[k].answer, k,
                        &dialect);
    }
  }
  if (a.calls.size() == b.calls.size() || ends_inside(a, b, dialect)) return std::nullopt;
  ++counts.syscalls;
  return name_call_difference(a, b, common, dialect);
}

const NamedFact* find_fact(const Step& step, std::string_view name) {
  for (const NamedFact& fact : step.facts) {
    if (fact.name == name) return &fact;
  }
  return nullptr;
}

RecordedDifference fact_difference(const Step& a, const Step& b, const NamedFact& in_a,
                                   const NamedFact& in_b) {
  RecordedDifference found = difference(a, b, RecordedField::kFact, in_a.value, in_b.value);
  found.fact = in_a.name;
  return found;
}

std::optional<RecordedDifference> compare_facts(const Step& a, const Step& b,
                                                RecordedCounts& counts) {
  std::optional<RecordedDifference> first;
  for (const NamedFact& in_a : a.facts) {
    const NamedFact* in_b = in_a.local ? nullptr : find_fact(b, in_a.name);
    if (in_b == nullptr) continue;
    ++counts.facts;
    if (!first && in_a.value != in_b->value) first = fact_difference(a, b, in_a, *in_b);
  }
  return first;
}

std::optional<RecordedDifference> compare_number(const Step& a, const Step& b, RecordedField field,
                                                 std::optional<uint64_t> in_a,
                                                 std::optional<uint64_t> in_b) {
  if (!in_a || !in_b || *in_a == *in_b) return std::nullopt;
  return difference(a, b, field, std::to_string(*in_a), std::to_string(*in_b));
}

// Where the whole machine did the step: also that is a matter of agreement.
std::optional<RecordedDifference> compare_places(const Step& a, const Step& b) {
  if (auto found = compare_number(a, b, RecordedField::kBlock, a.block, b.block)) return found;
  return compare_number(a, b, RecordedField::kCrank, a.crank, b.crank);
}

std::string result_text(const Step& step) {
  if (step.status == RecordedStatus::kOk) return "ok";
  const std::string how = step.status == RecordedStatus::kError ? "error" : "failed";
  return step.failure_text.empty() ? how : how + ": " + step.failure_text;
}

// Not every format holds the text of an error.
bool same_result(const Step& a, const Step& b) {
  const bool both_texts = !a.failure_text.empty() && !b.failure_text.empty();
  return a.status == b.status && (!both_texts || a.failure_text == b.failure_text);
}

}  // namespace

std::optional<EndsInside> ends_inside(const Step& a, const Step& b, const Dialect& dialect) {
  if (a.calls.size() == b.calls.size()) return std::nullopt;
  const bool in_a = a.calls.size() < b.calls.size();
  const Step& shorter = in_a ? a : b;
  if (!dialect.record_ends_inside(shorter)) return std::nullopt;
  const std::vector<ExpectedCall>& longer = (in_a ? b : a).calls;
  const size_t end = shorter.calls.size();
  return EndsInside{in_a ? Side::kA : Side::kB,
                    {a.number, b.number},
                    longer.size() - end,
                    std::string(longer[end].call.substr(0, kDivergenceValueBytesMax))};
}

std::optional<RecordedDifference> compare_steps(const Step& a, const Step& b,
                                                const Dialect& dialect,
                                                const CompareOptions& options,
                                                RecordedCounts& counts) {
  ++counts.steps;
  if (a.kind != b.kind) {
    return difference(a, b, RecordedField::kKind, kind_name(a.kind), kind_name(b.kind));
  }
  if (a.kind == StepKind::kDelivery) {
    ++counts.deliveries;
    const bool told = a.facts_tell_delivery && b.facts_tell_delivery && options.facts;
    if (!told && a.delivery != b.delivery && !json_equal(a.delivery, b.delivery)) {
      return difference(a, b, RecordedField::kDelivery, a.delivery, b.delivery, {}, &dialect);
    }
  }
  // A log knows less of how a worker begins than the kernel does.
  const bool begins = a.kind == StepKind::kInitializeWorker;
  if (begins && !a.delivery.empty() && !b.delivery.empty() &&
      !json_agrees(a.delivery, b.delivery)) {
    RecordedDifference found =
        difference(a, b, RecordedField::kDelivery, a.delivery, b.delivery, {}, &dialect);
    found.difference.reset();  // what one side does not say is none, and may stand before it
    return found;
  }
  if (options.syscalls) {
    if (auto found = compare_calls(a, b, dialect, counts)) return found;
  }
  const bool delivery = a.kind == StepKind::kDelivery;
  if (options.result && delivery && a.status && b.status) {
    ++counts.results;
    if (!same_result(a, b)) {
      return difference(a, b, RecordedField::kResult, result_text(a), result_text(b));
    }
  }
  if (options.result && !a.expected_result.empty() && !b.expected_result.empty()) {
    ++counts.results;
    if (!json_equal(a.expected_result, b.expected_result)) {
      return difference(a, b, RecordedField::kResult, a.expected_result, b.expected_result, {},
                        &dialect);
    }
  }
  if (options.facts) {
    if (auto found = compare_facts(a, b, counts)) return found;
  }
  if (options.computrons && a.computrons && b.computrons) {
    ++counts.computrons;
    if (*a.computrons != *b.computrons) {
      return difference(a, b, RecordedField::kComputrons, std::to_string(*a.computrons),
                        std::to_string(*b.computrons));
    }
  }
  if (options.snapshots && !a.expected_snapshot.empty() && !b.expected_snapshot.empty()) {
    if (a.kind == StepKind::kSaveSnapshot) ++counts.snapshots;  // a load only repeats the hash
    if (a.expected_snapshot != b.expected_snapshot) {
      return difference(a, b, RecordedField::kSnapshotHash, a.expected_snapshot,
                        b.expected_snapshot);
    }
  }
  return options.facts ? compare_places(a, b) : std::nullopt;
}

std::vector<RecordedDifference> facts_beside(const Step& a, const Step& b,
                                             const RecordedDifference& first) {
  std::vector<RecordedDifference> list;
  for (const NamedFact& in_a : a.facts) {
    const NamedFact* in_b = in_a.local ? nullptr : find_fact(b, in_a.name);
    const bool differs = in_b != nullptr && in_a.value != in_b->value;
    if (differs && in_a.name != first.fact) list.push_back(fact_difference(a, b, in_a, *in_b));
  }
  return list;
}

std::vector<std::string_view> local_differences(const Step& a, const Step& b) {
  std::vector<std::string_view> names;
  for (const NamedFact& in_a : a.facts) {
    const NamedFact* in_b = in_a.local ? find_fact(b, in_a.name) : nullptr;
    if (in_b != nullptr && in_a.value != in_b->value) names.push_back(in_a.name);
  }
  return names;
}

}  // namespace recrank
