// Any bytes as a file: it is refused with an Error, or all of it can be asked for.

#include <cstdint>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/open/open_recording.h"

namespace {

void ask_everything(const recrank::Recording& recording) {
  recrank::Step step;
  for (const recrank::Subject& subject : recording.subjects()) {
    for (const recrank::StepRange held : subject.held) {
      try {
        const auto stream = recording.steps(subject.id, held);
        while (stream->next(step)) {
        }
        static_cast<void>(recording.setup(subject.id, held.begin));
      } catch (const recrank::Error&) {
        continue;
      }
    }
    for (const recrank::Checkpoint& each : recording.checkpoints(subject.id)) {
      if (each.kind != recrank::CheckpointKind::kHeapSnapshot || !each.available) continue;
      try {
        static_cast<void>(recording.open_snapshot(subject.id, each, recrank::SnapshotTrust::kHash));
      } catch (const recrank::Error&) {
        continue;
      }
    }
  }
  static_cast<void>(recording.verify({}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const recrank::ScratchDir scratch;
  const auto path = scratch.path() / "input";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    ask_everything(*recrank::open_recording(path));
  } catch (const recrank::Error&) {
    return 0;
  }
  return 0;
}
