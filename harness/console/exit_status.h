// What the exit status of every command means. docs/cli.md and --help repeat this table.
#pragma once

#include "base/error.h"
#include "replay/verdict.h"

namespace recrank {

inline constexpr int kExitClean = 0;
inline constexpr int kExitDiverged = 1;
inline constexpr int kExitCrashed = 2;
inline constexpr int kExitLimit = 3;
inline constexpr int kExitUnjudged = 125;  // `git bisect run` skips it
inline constexpr int kExitUsage = 129;     // 128 and above stop a `git bisect run`
inline constexpr int kExitInterrupted = 130;

[[nodiscard]] constexpr int exit_status_of(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::kClean: return kExitClean;
    case VerdictKind::kDiverged: return kExitDiverged;
    case VerdictKind::kCrashed: return kExitCrashed;
    case VerdictKind::kLimit: return kExitLimit;
    case VerdictKind::kUnjudged: return kExitUnjudged;
    case VerdictKind::kInterrupted: return kExitInterrupted;
  }
  return kExitUnjudged;
}

[[nodiscard]] constexpr int exit_status_of(ErrorCode code) {
  return code == ErrorCode::kUsage ? kExitUsage : kExitUnjudged;
}

}  // namespace recrank
