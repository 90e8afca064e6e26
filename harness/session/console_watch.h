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

// Thread-safe. Memory: the newest kLinesMax lines of each run and thread.
class ConsoleWatch final : public ReplayObserver {
 public:
  static constexpr uint64_t kStepsBefore = 10;
  static constexpr size_t kLinesMax = 200;
  static constexpr size_t kLineBytesMax = 4096;

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
    std::map<uint64_t, uint64_t> left_out;  // by step; of a few steps only
  };

  mutable std::mutex mutex_;
  std::map<Key, Printed> printed_;
};

}  // namespace recrank
