// How the death of an engine is looked at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

enum class CaptureMode {
  kShim,  // the engine runs under a small tracer of ours that reports how it died
  kCore,  // the same, and the kernel writes a core file
  kNone,  // only the signal or the exit status is known
};
[[nodiscard]] std::string_view to_string(CaptureMode mode);

// A program that the engine is started through and that writes down all it does, such as rr.
struct Recorder {
  std::vector<std::string> command;  // before the engine's own words: "/usr/bin/rr", "record", …
  std::filesystem::path directory;   // absolute; with /proc the only place that it may write to
  uint64_t file_bytes_max = 0;       // of each file that it writes
};

struct CaptureOptions {
  CaptureMode mode = CaptureMode::kShim;
  // kCore: an existing directory that core files are moved into, as core-PID.
  std::filesystem::path core_directory;
  // One engine process only: a recorder's directory serves once.
  std::optional<Recorder> recorder = std::nullopt;
};

}  // namespace recrank
