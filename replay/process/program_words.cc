#include "replay/process/program_words.h"

#include <chrono>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "replay/limits.h"
#include "replay/process/view.h"
#include "replay/process/worker_process.h"

namespace recrank {
namespace {

constexpr double kProbeSeconds = 20;  // a runtime of 100 MB comes from a cold disk
constexpr std::chrono::seconds kProbeGrace{2};

}  // namespace

std::optional<std::string> ask_program(const ProgramQuestion& question,
                                       const Interrupt& interrupt) {
  WorkerCommand command;
  command.program = question.program;
  command.arguments = question.arguments;
  command.environment = question.environment;
  command.memory_bytes = Limits().memory_bytes;
  command.cpu_s = static_cast<uint64_t>(kProbeSeconds);
  command.open_files_max = question.open_files_max;
  command.sandbox.reads_all = question.reads_all;
  command.sandbox.readable = named_paths({}, question.environment, "/");
  command.sandbox.readable.insert(command.sandbox.readable.end(), question.readable.begin(),
                                  question.readable.end());
  std::optional<ScratchDir> directory;
  if (question.writes) {
    directory.emplace();
    command.directory = directory->path();
    command.sandbox.writable.push_back(directory->path());
  }
  WorkerProcess process(std::move(command), interrupt);
  process.limit_step(kProbeSeconds);
  const auto patience = std::chrono::milliseconds(static_cast<int64_t>(kProbeSeconds * 1000));
  const WorkerEnd end = process.finish(patience + kProbeGrace);
  if (end.reason == KillReason::kInterrupted) throw Error(ErrorCode::kWorker, "interrupted");
  std::string output = process.output_tail();
  if (!end.by_itself || end.signal != 0 || end.exit_status != 0 || output.empty())
    return std::nullopt;
  return output;
}

}  // namespace recrank
