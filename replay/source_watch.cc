#include "replay/source_watch.h"

namespace recrank {

std::string_view to_string(LookKind kind) {
  switch (kind) {
    case LookKind::kCall: return "call";
    case LookKind::kThrown: return "thrown";
    case LookKind::kStopped: return "stopped";
    case LookKind::kLine: return "line";
  }
  return "";
}

}  // namespace recrank
