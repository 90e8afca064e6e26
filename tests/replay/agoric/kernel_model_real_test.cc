// The model of the kernel against what real kernels answered to real vats.

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <string>

#include "base/error.h"
#include "replay/agoric/kernel_model.h"
#include "replay/agoric/known_answers.h"
#include "snapshot/open/open_recording.h"

namespace recrank::agoric {
namespace kernel_model_real_test {

namespace fs = std::filesystem;

const Interrupt kNoInterrupt;

struct Counts {
  uint64_t calls = 0;
  uint64_t store = 0;
  uint64_t unanswered = 0;
};

std::string verb_and_key(const ExpectedCall& each) { return std::string(each.call.substr(0, 120)); }

// Runs the recorded calls of one vat, from `checkpoint` to its last held step, through the model.
void hold_against(const Recording& recording, const std::string& id, const Checkpoint& checkpoint,
                  uint64_t end, Counts& counts) {
  const auto known = gather_vat_answers(recording, id, checkpoint, end - 1, kNoInterrupt);
  KernelModel model(*known);
  const auto stream = recording.steps(id, {checkpoint.next_step, end});
  Step step;
  while (stream->next(step)) {
    model.begin(nullptr);
    for (const ExpectedCall& each : step.calls) {
      ++counts.calls;
      counts.store += parse_vatstore_call(each.call).has_value();
      const auto answer = model.on_call(each.call);
      if (!answer) {
        ++counts.unanswered;
        continue;
      }
      ASSERT_EQ(*answer, each.answer) << recording.info().path << " " << id << " step "
                                      << step.number << " " << verb_and_key(each);
    }
    model.end(step.status != RecordedStatus::kFailed);
  }
}

class RecordedHistory : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!fs::exists(path())) GTEST_SKIP() << "skipped: no recording " << path();
  }
  static fs::path path() { return fs::path(RECRANK_DATA_DIR) / "recordings" / GetParam(); }
};

class WholeHistory : public RecordedHistory {};
class HistoryBehindAHeap : public RecordedHistory {};

TEST_P(WholeHistory, EveryAnswerIsTheModelsOwn) {
  const auto recording = open_recording(path());
  Counts all;
  for (const Subject& subject : recording->subjects()) {
    if (subject.held.empty()) continue;
    const StepRange held = subject.held.front();
    const auto checkpoints = recording->checkpoints(subject.id);
    if (held.begin != 0 || checkpoints.empty() || checkpoints.front().next_step != 0) continue;
    Counts counts;
    hold_against(*recording, subject.id, checkpoints.front(), held.end, counts);
    // Only devices may have been asked the same twice with another answer.
    EXPECT_LE(counts.unanswered, counts.calls - counts.store) << subject.id;
    all.calls += counts.calls;
    all.store += counts.store;
    all.unanswered += counts.unanswered;
  }
  EXPECT_GT(all.store, 1000U);
  std::cout << GetParam() << ": " << all.calls << " calls, " << all.store << " on the store, "
            << all.unanswered << " without an answer\n";
}

TEST_P(HistoryBehindAHeap, NothingWrongIsAnswered) {
  const auto recording = open_recording(path());
  Counts all;
  for (const Subject& subject : recording->subjects()) {
    for (const StepRange& held : subject.held) {
      size_t tried = 0;
      for (const Checkpoint& each : recording->checkpoints(subject.id)) {
        if (each.kind != CheckpointKind::kHeapSnapshot || !held.contains(each.next_step)) continue;
        if (++tried > 4) break;
        hold_against(*recording, subject.id, each, held.end, all);
      }
    }
  }
  std::cout << GetParam() << ": " << all.calls << " calls, " << all.store << " on the store, "
            << all.unanswered << " without an answer\n";
}

std::string name_of(const testing::TestParamInfo<const char*>& test) {
  std::string name = test.param;
  for (char& c : name) c = c == '/' || c == '.' || c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recordings, WholeHistory,
                         testing::Values("tiny/kernel", "tiny/chain.slog", "rough/chain.slog",
                                         "bench/kernel"),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Recordings, HistoryBehindAHeap,
                         testing::Values("tiny/kernel", "tiny/export-operational",
                                         "bench/export-operational"),
                         name_of);

}  // namespace kernel_model_real_test
}  // namespace recrank::agoric
