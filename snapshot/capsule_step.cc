// Format: docs/formats/capsule.md ("Step record")
#include "snapshot/capsule_step.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "snapshot/capsule_format.h"
#include "snapshot/lmdb_meta.h"

namespace recrank {
namespace {

constexpr size_t kHeadBytes = 36;
constexpr size_t kCallBytes = 8;
constexpr size_t kPieceBytes = size_t{1} << 20;

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

void add_number(std::string& bytes, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

struct Reader {
  uint64_t left_bytes;
  const std::string& place;
  const std::function<void(char*, size_t)>& read_exactly;

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidData, place + ": " + what);
  }
  void take(uint64_t size, const char* what) {
    if (size > left_bytes)
      fail(std::string(what) + " of " + std::to_string(size) + " bytes, but only " +
           std::to_string(left_bytes) + " are left");
    left_bytes -= size;
  }
  std::string bytes(size_t size, const char* what) {
    take(size, what);
    std::string out(size, '\0');
    read_exactly(out.data(), size);
    return out;
  }
  // The caller has taken them.
  void append(std::string& out, uint64_t size) const {
    while (size > 0) {
      const size_t piece = static_cast<size_t>(std::min<uint64_t>(size, kPieceBytes));
      const size_t at = out.size();
      out.resize(at + piece);
      read_exactly(out.data() + at, piece);
      size -= piece;
    }
  }
};

struct Lengths {
  uint64_t delivery = 0;
  uint64_t failure = 0;
  uint64_t snapshot = 0;
  std::vector<std::pair<uint32_t, uint32_t>> calls;
};

void read_head(const std::string& head, const Reader& reader, Step& step) {
  step.number = lmdb_u64(head, 0);
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
  const uint64_t computrons = lmdb_u64(head, 8);
  if (counted > 1 || head[19] != 0 || (counted == 0 && computrons != 0)) {
    reader.fail("its flags are not 0 or 1");
  }
  if (counted == 1) step.computrons = computrons;
}

Lengths read_lengths(const std::string& head, Reader& reader) {
  Lengths lengths{lmdb_u32(head, 20), lmdb_u32(head, 24), lmdb_u32(head, 28), {}};
  const uint64_t count = lmdb_u32(head, 32);
  if (count > kCapsuleCallsMax) reader.fail(std::to_string(count) + " calls");
  reader.take(count * kCallBytes, "a list of calls");
  uint64_t sum = lengths.delivery + lengths.failure + lengths.snapshot;
  std::string piece;
  for (uint64_t done = 0; done < count;) {
    const uint64_t some = std::min<uint64_t>(count - done, kPieceBytes / kCallBytes);
    piece.clear();
    reader.append(piece, some * kCallBytes);
    for (uint64_t i = 0; i < some; ++i) {
      lengths.calls.emplace_back(lmdb_u32(piece, i * kCallBytes),
                                 lmdb_u32(piece, i * kCallBytes + 4));
      sum += uint64_t{lengths.calls.back().first} + lengths.calls.back().second;
    }
    done += some;
  }
  if (sum > kCapsuleStepBytesMax) reader.fail("texts of " + std::to_string(sum) + " bytes");
  reader.take(sum, "texts");
  return lengths;
}

}  // namespace

uint64_t capsule_step_bytes(const Step& step) {
  uint64_t bytes = kHeadBytes + step.calls.size() * kCallBytes + step.delivery.size() +
                   step.failure_text.size() + step.expected_snapshot.size();
  for (const ExpectedCall& call : step.calls) bytes += call.call.size() + call.answer.size();
  return bytes;
}

void encode_capsule_step(const Step& step, const std::string& place, const ByteSink& sink) {
  if (capsule_step_bytes(step) > kCapsuleStepBytesMax || step.calls.size() > kCapsuleCallsMax) {
    throw Error(ErrorCode::kUnsupported, place + ": larger than a capsule may hold (" +
                                             std::to_string(capsule_step_bytes(step)) + " bytes)");
  }
  std::string head;
  add_number(head, step.number, 8);
  add_number(head, step.computrons.value_or(0), 8);
  add_number(head, code_of(kKinds, step.kind), 1);
  add_number(head, step.status ? code_of(kStatuses, *step.status) : kNotRecorded, 1);
  add_number(head, step.computrons ? 1 : 0, 1);
  add_number(head, 0, 1);
  add_number(head, step.delivery.size(), 4);
  add_number(head, step.failure_text.size(), 4);
  add_number(head, step.expected_snapshot.size(), 4);
  add_number(head, step.calls.size(), 4);
  for (const ExpectedCall& call : step.calls) {
    add_number(head, call.call.size(), 4);
    add_number(head, call.answer.size(), 4);
  }
  sink(head);
  sink(step.delivery);
  sink(step.failure_text);
  sink(step.expected_snapshot);
  for (const ExpectedCall& call : step.calls) {
    sink(call.call);
    sink(call.answer);
  }
}

uint64_t decode_capsule_step(Step& step, uint64_t left_bytes, const std::string& place,
                             const std::function<void(char* data, size_t size)>& read_exactly) {
  step.clear();
  Reader reader{left_bytes, place, read_exactly};
  const std::string head = reader.bytes(kHeadBytes, "a head");
  read_head(head, reader, step);
  const Lengths lengths = read_lengths(head, reader);
  reader.append(step.text, lengths.delivery);
  reader.append(step.failure_text, lengths.failure);
  reader.append(step.text, lengths.snapshot);
  for (const auto& [call, answer] : lengths.calls)
    reader.append(step.text, uint64_t{call} + answer);
  // Views only now: text does not move any more.
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
  return left_bytes - reader.left_bytes;
}

}  // namespace recrank
