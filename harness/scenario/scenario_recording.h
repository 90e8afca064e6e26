// From what a scenario says of its recording to a path where it lies.
//
// Recordings that have a name ("as") are kept in one directory, `--recordings DIR`. What lies there
// is taken as it is; what a command makes appears there whole or not at all, also where several
// recranks make it at once. Nothing is ever fetched from a network.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/interrupt.h"
#include "harness/scenario/scenario.h"

namespace recrank {

struct FoundRecording {
  std::filesystem::path path;  // empty: `missing` says why
  std::string missing;         // one line with the remedy
  bool interrupted = false;
};

// Thread rule: one thread at a time.
class RecordingStore {
 public:
  // `directory` need not be there; empty: there is none. `note` is told before a command runs.
  RecordingStore(std::filesystem::path directory, std::function<void(const std::string&)> note)
      : directory_(std::move(directory)), note_(std::move(note)) {}

  // Where that recording of `scenario` lies; runs its command where nothing is kept. What cannot be
  // had is a value: a missing file, another sha256, a command that failed.
  [[nodiscard]] FoundRecording find(const ScenarioRecording& recording, const Scenario& scenario,
                                    const Interrupt& interrupt) const;

  // Whether all that `scenario` rests on is there, without running anything. For --list.
  [[nodiscard]] bool is_there(const Scenario& scenario) const;

 private:
  [[nodiscard]] FoundRecording seek(const ScenarioRecording& recording, const Scenario& scenario,
                                    const Interrupt& interrupt) const;
  [[nodiscard]] bool is_there(const ScenarioRecording& recording) const;
  [[nodiscard]] FoundRecording fetched(const ScenarioRecording& recording) const;
  [[nodiscard]] FoundRecording made(const ScenarioRecording& recording, const Scenario& scenario,
                                    const Interrupt& interrupt) const;
  // Into its place; the directory is locked.
  [[nodiscard]] FoundRecording make(const ScenarioRecording& recording, const Scenario& scenario,
                                    const std::filesystem::path& from,
                                    const Interrupt& interrupt) const;
  // Relative to the working directory where it lies below it.
  [[nodiscard]] std::filesystem::path kept(const ScenarioRecording& recording) const;

  std::filesystem::path directory_;
  std::function<void(const std::string&)> note_;
};

}  // namespace recrank
