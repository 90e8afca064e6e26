// make_tape RECORDING VAT ENGINE_DIR TAPE: writes the tape of a vat's replay from genesis.

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "replay/agoric/xsnap_dialect.h"
#include "replay/judge/replay.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/open/open_recording.h"
#include "tests/bench/tape.h"

namespace recrank::bench {
namespace {

constexpr size_t kBundleBytesMax = 64 << 20;

class TapeWriter {
 public:
  explicit TapeWriter(const char* path) : file_(path) {}
  void put(char op, const std::string& payload) {
    const std::string frame = std::to_string(payload.size()) + ":" + payload + ",";
    const auto size = static_cast<uint32_t>(frame.size());
    std::array<char, 5> head{op};
    for (size_t i = 0; i < 4; ++i) head[i + 1] = static_cast<char>(size >> (8 * i));
    buffer_.append(head.data(), head.size()).append(frame);
    if (buffer_.size() > (1 << 20)) flush();
  }
  void commit() {
    flush();
    file_.commit();
  }

 private:
  void flush() {
    file_.write(buffer_);
    buffer_.clear();
  }
  AtomicFile file_;
  std::string buffer_;
};

std::string bundle_of(const std::optional<std::string>& recorded, const std::string& file) {
  const std::string text = recorded ? *recorded : read_small_file(file, kBundleBytesMax);
  return "e(" + bundle_source(text, file) + "\n)()";
}

void write_tape(char** argv) {
  const auto recording = open_recording(argv[1]);
  const Subject& subject = find_subject(*recording, argv[2]);
  ReplayRequest request;
  request.subject_id = subject.id;
  const ReplayPlan plan = plan_replay(*recording, request);
  const recrank::Setup setup = recording->setup(subject.id, plan.range.begin);
  const std::string engine = argv[3];
  TapeWriter tape(argv[4]);
  tape.put(kCommand, bundle_of(setup.get(kLockdown), engine + "/lockdown.bundle"));
  tape.put(kCommand, bundle_of(setup.get(kSupervisor), engine + "/supervisor.bundle"));
  tape.put(kCommand, set_bundle_command(dialect_of(kXsnap2024), setup));
  const auto steps = recording->steps(subject.id, plan.range);
  for (Step step; steps->next(step);) {
    if (step.kind == StepKind::kSaveSnapshot) tape.put(kSnapshot, "w@7");
    if (step.kind != StepKind::kDelivery) continue;
    tape.put(kCommand, "?[\"deliver\"," + std::string(step.delivery) + "]");
    for (const ExpectedCall& call : step.calls) tape.put(kAnswer, "/" + std::string(call.answer));
  }
  tape.commit();
}

}  // namespace
}  // namespace recrank::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: make_tape RECORDING VAT ENGINE_DIR TAPE\n");
    return 129;
  }
  try {
    recrank::bench::write_tape(argv);
  } catch (const recrank::Error& error) {
    std::fprintf(stderr, "make_tape: %s\n", error.what());
    return 1;
  }
  return 0;
}
