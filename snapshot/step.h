// One recorded input with its expectation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// Half-open range of step numbers.
struct StepRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  [[nodiscard]] bool contains(uint64_t number) const { return number >= begin && number < end; }
  [[nodiscard]] bool empty() const { return begin >= end; }
  friend bool operator==(const StepRange&, const StepRange&) = default;
};

// "0..96": the first and the last of a range that is not empty.
[[nodiscard]] std::string range_text(StepRange range);

// What the step asks of an engine. Only kDelivery is ever sent to one; the others are marks in the
// history that the kernel wrote about its worker (docs/formats/swingset-2024.md).
enum class StepKind {
  kDelivery,          // a delivery, a window, a ledger, an event, a command
  kInitializeWorker,  // an incarnation begins: a fresh worker
  kSaveSnapshot,      // the heap was written; expected_snapshot is its sha256
  kLoadSnapshot,      // a worker was started from that heap
  kShutdownWorker,    // the incarnation ended
};

// A call that the subject made out of the step, and the answer it got.
struct ExpectedCall {
  std::string_view call;    // JSON as the engine wrote it: ["vatstoreGet","idCounters"]
  std::string_view answer;  // JSON as it is to be sent:    ["ok",null]
};

// A fact of a step that has a name of its own: a root, a hash, a value of a clock, a field of a
// header. Facts are what most machines but vats record of a step.
struct NamedFact {
  std::string_view name;   // "state_root"; the same in every recording and engine of one dialect
  std::string_view value;  // as text, hashes in lower-case hex; compared as bytes
  // Honest machines may differ in it: who proposed a block, by whose clock, with whose signature.
  // `compare` tells of such a difference and counts it, and it is no divergence.
  bool local = false;
};

// How the recording says that the step ended.
enum class RecordedStatus {
  kOk,
  kError,   // committed with an error for its result; failure_text is its text, where there is one
  kFailed,  // only logs hold such a step: the kernel took it back. failure_text says how.
};

// A reusable buffer: StepStream::next() fills it anew, and every view points into it. Neither
// copied nor moved, so that no view can outlive its bytes.
struct Step {
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  uint64_t number = 0;
  StepKind kind = StepKind::kDelivery;
  std::string_view delivery;        // of a vat JSON: ["message","o+0",{…}]; else its dialect's
  std::vector<ExpectedCall> calls;  // in order
  std::optional<RecordedStatus> status;  // nullopt: the recording does not say
  std::string failure_text;              // with kError and kFailed: "Compute meter exceeded"
  // The recording may end inside this step, and cannot tell: the subject may have been at it when
  // it died. Calls behind the recorded ones are then not recorded, rather than extra.
  bool open_end = false;
  // Its calls, or its heap, are those of a history that nobody recorded (steps of a recording were
  // left out): they serve as answers, and one that does otherwise has not differed from what is.
  bool unclaimed = false;
  std::optional<uint64_t> computrons;  // nullopt: not recorded
  // What the recorded engine's meter said, JSON: {"compute":…,"allocate":…}; empty: not recorded.
  // Never compared: all but `compute` depends on address layout and history.
  std::string_view recorded_meter;
  std::string_view expected_snapshot;  // hex sha256; empty: not recorded
  std::string_view expected_result;    // JSON that the subject answered; empty: not recorded
  std::vector<NamedFact> facts;        // in the order in which they are judged and told
  // The facts spell out all of the delivery that two machines must agree on: `compare` goes by
  // them, and not by the delivery's bytes.
  bool facts_tell_delivery = false;
  std::string_view summary;  // for people; empty: it can be told from the delivery
  // Where the step stands in the history of the whole machine, where the recording says so.
  std::optional<uint64_t> block;
  std::optional<uint64_t> crank;

  // Owners of the bytes behind the views; only a StepStream writes them.
  std::string text;   // the recorded text
  std::string arena;  // answers that had to be put together from it

  void clear();
};

// The steps of one subject in order of their numbers. Belongs to one thread.
class StepStream {
 public:
  virtual ~StepStream() = default;
  // Fills `step` with the next one; false at the end of the range. A number that is missing inside
  // the range, and text that cannot be read, throw kInvalidData with file and place.
  [[nodiscard]] virtual bool next(Step& step) = 0;
};

}  // namespace recrank
