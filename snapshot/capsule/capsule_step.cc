// Format: docs/formats/capsule.md ("Step record")
#include "snapshot/capsule/capsule_step.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/little_endian.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/capsule/capsule_record_reader.h"

namespace recrank {
namespace {

constexpr size_t kHeadBytes = 36;
constexpr size_t kFormAt = 19;     // 0: the record ends with its calls; 1: the rest follows
constexpr size_t kRestBytes = 32;  // of a record of form 1, behind the head
constexpr size_t kCallBytes = 8;
constexpr size_t kFactBytes = 12;

// On disk: never renumber.
constexpr std::pair<StepKind, uint8_t> kKinds[] = {{StepKind::kDelivery, 0},
                                                   {StepKind::kInitializeWorker, 1},
                                                   {StepKind::kSaveSnapshot, 2},
                                                   {StepKind::kLoadSnapshot, 3},
                                                   {StepKind::kShutdownWorker, 4}};
constexpr uint8_t kNotRecorded = 0;
constexpr std::pair<RecordedStatus, uint8_t> kStatuses[] = {
    {RecordedStatus::kOk, 1}, {RecordedStatus::kError, 2}, {RecordedStatus::kFailed, 3}};

template <typename Table, typename Value>
uint8_t code_of(const Table& table, Value value) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const auto& row) { return row.first == value; });
  return found->second;
}

// Flags of the rest of a record.
constexpr uint32_t kFactsTellDelivery = 1;
constexpr uint32_t kHasBlock = 2;
constexpr uint32_t kHasCrank = 4;
constexpr uint32_t kOpenEnd = 8;
constexpr uint32_t kUnclaimed = 16;
constexpr uint32_t kFlagsMax = kFactsTellDelivery | kHasBlock | kHasCrank | kOpenEnd | kUnclaimed;

struct FactLengths {
  bool local = false;
  uint32_t name = 0;
  uint32_t value = 0;
};

struct Lengths {
  uint64_t delivery = 0;
  uint64_t failure = 0;
  uint64_t snapshot = 0;
  uint64_t result = 0;
  uint64_t summary = 0;
  std::vector<std::pair<uint32_t, uint32_t>> calls;
  std::vector<FactLengths> facts;
};

void read_head(const std::string& head, const CapsuleRecordReader& reader, Step& step) {
  step.number = read_u64(head, 0);
  const auto kind = static_cast<uint8_t>(head[16]);
  const auto status = static_cast<uint8_t>(head[17]);
  const auto counted = static_cast<uint8_t>(head[18]);
  const auto* known = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const auto& row) { return row.second == kind; });
  if (known == std::end(kKinds)) reader.fail("kind " + std::to_string(kind));
  step.kind = known->first;
  if (status != kNotRecorded) {
    const auto* state = std::find_if(std::begin(kStatuses), std::end(kStatuses),
                                     [&](const auto& row) { return row.second == status; });
    if (state == std::end(kStatuses)) reader.fail("status " + std::to_string(status));
    step.status = state->first;
  }
  const uint64_t computrons = read_u64(head, 8);
  if (counted > 1 || (counted == 0 && computrons != 0)) reader.fail("its flags are not 0 or 1");
  if (counted == 1) step.computrons = computrons;
}

// A part that is marked as not there is 0.
std::optional<uint64_t> read_place(const CapsuleRecordReader& reader, uint64_t value, bool there) {
  if (!there && value != 0) reader.fail("a block or crank that is not there has a number");
  return there ? std::optional(value) : std::nullopt;
}

// What only form 1 has, but for its texts; gives the number of facts.
uint64_t read_rest(CapsuleRecordReader& reader, Step& step, Lengths& lengths) {
  const std::string rest = reader.bytes(kRestBytes, "its second head");
  lengths.result = read_u32(rest, 0);
  lengths.summary = read_u32(rest, 4);
  const uint32_t flags = read_u32(rest, 8);
  const uint64_t facts = read_u32(rest, 12);
  if (flags > kFlagsMax) reader.fail("flags " + std::to_string(flags));
  if (facts > kCapsuleFactsMax) reader.fail(std::to_string(facts) + " facts");
  step.facts_tell_delivery = (flags & kFactsTellDelivery) != 0;
  step.open_end = (flags & kOpenEnd) != 0;
  step.unclaimed = (flags & kUnclaimed) != 0;
  step.block = read_place(reader, read_u64(rest, 16), (flags & kHasBlock) != 0);
  step.crank = read_place(reader, read_u64(rest, 24), (flags & kHasCrank) != 0);
  return facts;
}

void read_fact_rows(CapsuleRecordReader& reader, uint64_t count, Lengths& lengths) {
  reader.rows(count, kFactBytes, "a list of facts", [&](const std::string& piece, size_t at) {
    const uint32_t local = read_u32(piece, at);
    if (local > 1) reader.fail("a fact's flag is not 0 or 1");
    lengths.facts.push_back({local == 1, read_u32(piece, at + 4), read_u32(piece, at + 8)});
  });
}

Lengths read_lengths(const std::string& head, CapsuleForm form_max, CapsuleRecordReader& reader,
                     Step& step) {
  Lengths lengths;
  lengths.delivery = read_u32(head, 20);
  lengths.failure = read_u32(head, 24);
  lengths.snapshot = read_u32(head, 28);
  const uint64_t count = read_u32(head, 32);
  if (count > kCapsuleCallsMax) reader.fail(std::to_string(count) + " calls");
  const auto form = static_cast<uint8_t>(head[kFormAt]);
  if (form > static_cast<uint8_t>(form_max)) reader.fail("form " + std::to_string(form));
  const uint64_t facts = form == 0 ? 0 : read_rest(reader, step, lengths);
  reader.rows(count, kCallBytes, "a list of calls", [&](const std::string& piece, size_t at) {
    lengths.calls.emplace_back(read_u32(piece, at), read_u32(piece, at + 4));
  });
  read_fact_rows(reader, facts, lengths);
  uint64_t sum =
      lengths.delivery + lengths.failure + lengths.snapshot + lengths.result + lengths.summary;
  for (const auto& [call, answer] : lengths.calls) sum += uint64_t{call} + answer;
  for (const FactLengths& fact : lengths.facts) sum += uint64_t{fact.name} + fact.value;
  if (sum > kCapsuleStepBytesMax) reader.fail("texts of " + std::to_string(sum) + " bytes");
  reader.take(sum, "texts");
  return lengths;
}

// Views into step.text, in the order in which they were read.
void cut_texts(Step& step, const Lengths& lengths) {
  std::string_view rest = step.text;
  const auto cut = [&rest](size_t size) {
    const std::string_view piece = rest.substr(0, size);
    rest.remove_prefix(size);
    return piece;
  };
  step.delivery = cut(lengths.delivery);
  step.expected_snapshot = cut(lengths.snapshot);
  step.calls.reserve(lengths.calls.size());
  for (const auto& [call, answer] : lengths.calls) {
    const std::string_view made = cut(call);
    step.calls.push_back({made, cut(answer)});
  }
  step.expected_result = cut(lengths.result);
  step.summary = cut(lengths.summary);
  step.facts.reserve(lengths.facts.size());
  for (const FactLengths& fact : lengths.facts) {
    const std::string_view name = cut(fact.name);
    step.facts.push_back({name, cut(fact.value), fact.local});
  }
}

std::string rest_bytes(const Step& step) {
  std::string rest;
  add_number(rest, step.expected_result.size(), 4);
  add_number(rest, step.summary.size(), 4);
  add_number(rest,
             (step.facts_tell_delivery ? kFactsTellDelivery : 0) | (step.block ? kHasBlock : 0) |
                 (step.crank ? kHasCrank : 0) | (step.open_end ? kOpenEnd : 0) |
                 (step.unclaimed ? kUnclaimed : 0),
             4);
  add_number(rest, step.facts.size(), 4);
  add_number(rest, step.block.value_or(0), 8);
  add_number(rest, step.crank.value_or(0), 8);
  return rest;
}

std::string head_bytes(const Step& step, CapsuleForm form) {
  std::string head;
  add_number(head, step.number, 8);
  add_number(head, step.computrons.value_or(0), 8);
  add_number(head, code_of(kKinds, step.kind), 1);
  add_number(head, step.status ? code_of(kStatuses, *step.status) : kNotRecorded, 1);
  add_number(head, step.computrons ? 1 : 0, 1);
  add_number(head, static_cast<uint64_t>(form), 1);
  add_number(head, step.delivery.size(), 4);
  add_number(head, step.failure_text.size(), 4);
  add_number(head, step.expected_snapshot.size(), 4);
  add_number(head, step.calls.size(), 4);
  if (form == CapsuleForm::kWhole) head += rest_bytes(step);
  for (const ExpectedCall& call : step.calls) {
    add_number(head, call.call.size(), 4);
    add_number(head, call.answer.size(), 4);
  }
  for (const NamedFact& fact : step.facts) {
    add_number(head, fact.local ? 1 : 0, 4);
    add_number(head, fact.name.size(), 4);
    add_number(head, fact.value.size(), 4);
  }
  return head;
}

}  // namespace

CapsuleForm capsule_form_of(const Step& step) {
  const bool more = !step.expected_result.empty() || !step.summary.empty() || !step.facts.empty() ||
                    step.facts_tell_delivery || step.block || step.crank || step.open_end ||
                    step.unclaimed;
  return more ? CapsuleForm::kWhole : CapsuleForm::kVat;
}

uint64_t capsule_step_bytes(const Step& step) {
  uint64_t bytes = kHeadBytes + step.calls.size() * kCallBytes + step.delivery.size() +
                   step.failure_text.size() + step.expected_snapshot.size();
  for (const ExpectedCall& call : step.calls) bytes += call.call.size() + call.answer.size();
  if (capsule_form_of(step) == CapsuleForm::kVat) return bytes;
  bytes += kRestBytes + step.expected_result.size() + step.summary.size();
  for (const NamedFact& fact : step.facts)
    bytes += kFactBytes + fact.name.size() + fact.value.size();
  return bytes;
}

void encode_capsule_step(const Step& step, const std::string& place, const ByteSink& sink) {
  if (capsule_step_bytes(step) > kCapsuleStepBytesMax || step.calls.size() > kCapsuleCallsMax ||
      step.facts.size() > kCapsuleFactsMax) {
    throw Error(ErrorCode::kUnsupported, place + ": larger than a capsule may hold (" +
                                             std::to_string(capsule_step_bytes(step)) + " bytes)");
  }
  sink(head_bytes(step, capsule_form_of(step)));
  sink(step.delivery);
  sink(step.failure_text);
  sink(step.expected_snapshot);
  for (const ExpectedCall& call : step.calls) {
    sink(call.call);
    sink(call.answer);
  }
  sink(step.expected_result);
  sink(step.summary);
  for (const NamedFact& fact : step.facts) {
    sink(fact.name);
    sink(fact.value);
  }
}

uint64_t decode_capsule_step(Step& step, const CapsuleRecord& record,
                             const std::function<void(char* data, size_t size)>& read_exactly) {
  step.clear();
  CapsuleRecordReader reader{record.left_bytes, record.place, read_exactly};
  const std::string head = reader.bytes(kHeadBytes, "a head");
  read_head(head, reader, step);
  const Lengths lengths = read_lengths(head, record.form_max, reader, step);
  reader.append(step.text, lengths.delivery);
  reader.append(step.failure_text, lengths.failure);
  reader.append(step.text, lengths.snapshot);
  for (const auto& [call, answer] : lengths.calls)
    reader.append(step.text, uint64_t{call} + answer);
  reader.append(step.text, lengths.result + lengths.summary);
  for (const FactLengths& fact : lengths.facts)
    reader.append(step.text, uint64_t{fact.name} + fact.value);
  cut_texts(step, lengths);  // only now: text does not move any more
  if (static_cast<uint8_t>(head[kFormAt]) != static_cast<uint8_t>(capsule_form_of(step))) {
    reader.fail("a record of form 1 that holds nothing of it");
  }
  return record.left_bytes - reader.left_bytes;
}

}  // namespace recrank
