#include "replay/process/capture_command.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"

namespace recrank {
namespace {

constexpr uint64_t kRecorderOpenFiles = 4096;  // rr keeps its own at 1000 and above

void start_through(const Recorder& recorder, WorkerCommand& command) {
  RECRANK_CHECK(!recorder.command.empty());
  const std::string bytes = std::to_string(command.memory_bytes);
  std::vector<std::string> words(recorder.command.begin() + 1, recorder.command.end());
  words.insert(words.end(), {"/usr/bin/prlimit",
                             (command.maps_files ? "--data=" : "--as=") + bytes + ":" + bytes, "--",
                             command.program.string()});
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  const std::filesystem::path engine = std::exchange(command.program, recorder.command.front());
  command.arguments = std::move(words);
  command.memory_bytes = std::numeric_limits<uint64_t>::max();
  SandboxOptions own = std::move(command.sandbox);
  command.sandbox = recorder_sandbox(recorder.directory);
  command.sandbox.network = own.network;
  command.sandbox.readable = std::move(own.readable);
  command.sandbox.programs = {engine};
  command.sandbox.writable.insert(command.sandbox.writable.end(), own.writable.begin(),
                                  own.writable.end());
  command.file_bytes_max = recorder.file_bytes_max;
  command.open_files_max = kRecorderOpenFiles;
  command.environment["RR_TMPDIR"] = recorder.directory.string();
  // Where it remembers what it has patched; without it, it wants to write to the root.
  command.environment["XDG_CACHE_HOME"] = recorder.directory.string();
}

}  // namespace

void apply_capture(const CaptureOptions& capture, WorkerCommand& command) {
  if (capture.recorder) {
    start_through(*capture.recorder, command);
    return;
  }
  command.capture = capture;
  if (capture.mode == CaptureMode::kCore) {
    command.core = CoreRequest{CorePattern::of_system(), capture.core_directory};
  }
}

}  // namespace recrank
