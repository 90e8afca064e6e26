// How the death of an engine is looked at.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

enum class CaptureMode {
  kShim,  // the engine runs under a small tracer of ours that reports how it died
  kCore,  // the kernel writes a core file
  kNone,  // only the signal or the exit status is known
};
[[nodiscard]] std::string_view to_string(CaptureMode mode);

struct CaptureOptions {
  CaptureMode mode = CaptureMode::kShim;
  // kCore: where the core file is moved to; empty: the working directory.
  std::filesystem::path core_directory;
};

}  // namespace recrank
