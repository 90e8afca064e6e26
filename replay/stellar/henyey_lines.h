// What henyey's verify-execution prints on standard output, line by line.
// Format: docs/systems/henyey.md, "What it prints"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recrank::stellar {

enum class VerifyLineKind {
  kOther,
  kHashMismatch,  // of `seq`: `expected` and `got` are hashes as the line says them
  kCloseFailed,   // of `seq`, for another reason: `text`
  kFollowing,     // of `seq`, because a ledger before it failed
  kNoInput,       // of `seq`: it could not be fetched, or was skipped
  kMark,          // of `seq`: the archive differs (older programs, which go on)
  kVerified,      // the summary: `count`
  kMatched,
  kMismatches,
};

struct VerifyLine {
  VerifyLineKind kind = VerifyLineKind::kOther;
  uint64_t seq = 0;
  uint64_t count = 0;
  std::string expected;
  std::string got;
  std::string text;
};

[[nodiscard]] VerifyLine read_verify_line(std::string_view line);

}  // namespace recrank::stellar
