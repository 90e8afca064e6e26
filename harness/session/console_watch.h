// What the subject printed shortly before a finding.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "replay/judge/replay.h"

namespace recrank {

struct PrintedLine {
  uint64_t step = 0;
  std::string text;  // untrusted, cut to ConsoleWatch::kLineBytesMax
};

struct ConsoleTail {
  std::vector<PrintedLine> lines;  // in their order
  uint64_t left_out = 0;           // older ones of the same steps
};

// Thread-safe. Memory: the newest lines of each of the first kRunsMax runs and of each thread, at
// most kBytesMax.
class ConsoleWatch final : public ReplayObserver {
 public:
  static constexpr uint64_t kStepsBefore = 10;
  static constexpr size_t kLinesMax = 200;
  static constexpr size_t kLineBytesMax = 4096;
  static constexpr size_t kBytesMax = size_t{64} << 10;
  static constexpr uint64_t kRunsMax = 1000;

  void on_step(const StepTelemetry& /*step*/) override {}
  void on_console(const ConsoleLine& line) override;

  // Of the step itself and of the kStepsBefore before it.
  [[nodiscard]] ConsoleTail before(const std::string& subject_id, uint64_t run,
                                   uint64_t step) const;

 private:
  // Spans of one run are replayed by several threads, each in order.
  using Key = std::tuple<std::string, uint64_t, std::thread::id>;
  struct Printed {
    std::deque<PrintedLine> lines;
    size_t bytes = 0;
    std::map<uint64_t, uint64_t> left_out;  // by step; of a few steps only
  };

  mutable std::mutex mutex_;
  std::map<Key, Printed> printed_;
};

}  // namespace recrank
