// --console FILE: all that subjects print, a line each, as it comes.
#pragma once

#include <mutex>
#include <string>

#include "harness/console/output_file.h"
#include "replay/judge/replay.h"

namespace recrank {

// "v6 45  audit of main ledger 203n"; of a run but the first "v6 run 2 45  …". Lines of one run of
// one subject are in order; those of subjects that run side by side come between each other.
// Thread-safe; FILE appears with commit().
class ConsoleFile final : public ReplayObserver {
 public:
  ConsoleFile(const Outputs& outputs, const std::string& path);

  void on_step(const StepTelemetry& /*step*/) override {}
  void on_console(const ConsoleLine& line) override;
  // To be called once, after all replays have ended.
  void commit();

 private:
  std::mutex mutex_;
  OutputFile file_;
};

}  // namespace recrank
