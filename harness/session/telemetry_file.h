// --telemetry FILE: one row per step of every replay, in the order of the recording.
//
// CSV when FILE ends in .csv, else one JSON object per line. Columns: docs/telemetry.md.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "harness/console/output_file.h"
#include "replay/judge/replay.h"

namespace recrank {

// One row, without a line end.
enum class TelemetryFormat { kCsv, kJsonLines };
[[nodiscard]] std::string telemetry_head();  // of the CSV
[[nodiscard]] std::string telemetry_row(const StepTelemetry& step, bool last,
                                        TelemetryFormat format);

// Thread-safe. Rows are spooled to a scratch file as they come, so that memory does not grow with
// the recording; commit() puts them in order. FILE appears with commit(), whole or not at all.
class TelemetryFile final : public ReplayObserver {
 public:
  // kIo when FILE cannot be made: before a long replay, not after it.
  TelemetryFile(const Outputs& outputs, const std::filesystem::path& path);

  void on_step(const StepTelemetry& step) override { add(step, false); }
  void on_last_step(const StepTelemetry& step) override { add(step, true); }
  [[nodiscard]] bool wants_cost(uint64_t /*step*/) const override { return true; }

  // Subjects come in this order; their runs and steps by number. To be called once, after all
  // replays have ended.
  void commit(const std::vector<std::string>& subject_ids);
  [[nodiscard]] uint64_t rows() const { return rows_; }

 private:
  struct Block {
    uint64_t offset = 0;
    size_t size = 0;
  };
  // What one thread wrote of one run without a step back.
  struct Stretch {
    std::string subject_id;
    uint64_t run = 0;
    uint64_t first_step = 0;
    uint64_t last_step = 0;
    std::string pending;
    std::vector<Block> blocks;
  };

  void add(const StepTelemetry& step, bool last);
  Stretch& stretch_for(const StepTelemetry& step);
  void spool(Stretch& stretch);
  void copy_block(const Block& block);

  const TelemetryFormat format_;
  OutputFile file_;
  ScratchDir scratch_;
  UniqueFd spool_;
  std::mutex mutex_;  // guards what follows
  uint64_t spooled_ = 0;
  uint64_t rows_ = 0;
  std::deque<Stretch> stretches_;
  std::map<std::thread::id, Stretch*> current_;
};

}  // namespace recrank
