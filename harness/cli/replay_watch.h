// All that looks on while `replay` runs: the progress line, --telemetry, --console, and the
// memory's growth.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/observers.h"
#include "harness/console/outputs.h"
#include "harness/request/option_values.h"
#include "harness/session/console_file.h"
#include "harness/session/console_watch.h"
#include "harness/session/growth_watch.h"
#include "harness/session/replay_session.h"
#include "harness/session/slowest_watch.h"
#include "harness/session/telemetry_file.h"

namespace recrank {

class ReplayWatch {
 public:
  // Makes the files of --telemetry and --console, so that one that cannot be made is told before a
  // long replay.
  ReplayWatch(const OptionValues& options, const Outputs& outputs);

  // To be given to replays; thread-safe.
  [[nodiscard]] ReplayObserver& observer() { return observers_; }
  void add(ReplayObserver& observer) { observers_.add(observer); }

  // After all replays: completes the files, also of an interrupted replay, and tells in the reports
  // what was seen. `limits`: what the engines ran under. Gives why a file was lost, a line each:
  // the verdicts are there all the same.
  [[nodiscard]] std::vector<std::string> finish(const std::vector<std::string>& subject_ids,
                                                const Limits& limits,
                                                std::vector<SubjectSession>& sessions);

 private:
  Observers observers_;
  GrowthWatch growth_;
  SlowestWatch slowest_;
  ConsoleWatch console_;
  std::optional<TelemetryFile> file_;
  std::optional<ConsoleFile> console_file_;
};

}  // namespace recrank
