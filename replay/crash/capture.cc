#include "replay/crash/capture.h"

namespace recrank {

std::string_view to_string(CaptureMode mode) {
  switch (mode) {
    case CaptureMode::kShim: return "shim";
    case CaptureMode::kCore: return "core";
    case CaptureMode::kNone: return "none";
  }
  return "unknown";
}

}  // namespace recrank
