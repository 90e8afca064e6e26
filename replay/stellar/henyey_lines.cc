// Format: docs/systems/henyey.md, "What it prints"
#include "replay/stellar/henyey_lines.h"

#include <algorithm>

#include "base/hex.h"
#include "base/text.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

constexpr std::string_view kLedger = "  Ledger ";
constexpr std::string_view kFailed = "close_ledger failed: ";
constexpr std::string_view kMismatch = "ledger hash mismatch: expected ";
constexpr std::string_view kGot = ", got ";
constexpr size_t kTextBytes = 400;
constexpr size_t kHashDigits = 64;

void read_failure(std::string_view error, VerifyLine& line) {
  line.kind = VerifyLineKind::kCloseFailed;
  line.text = printable(error, kTextBytes);
  if (error.starts_with("invalid ledger sequence")) line.kind = VerifyLineKind::kFollowing;
  if (!error.starts_with(kMismatch)) return;
  const std::string_view hashes = error.substr(kMismatch.size());
  const std::string_view expected = hashes.substr(0, kHashDigits);
  const std::string_view rest = hashes.substr(expected.size());
  if (!rest.starts_with(kGot)) return;
  const std::string_view got = rest.substr(kGot.size(), kHashDigits);
  if (!is_sha256_hex(expected) || !is_sha256_hex(got)) return;
  line.kind = VerifyLineKind::kHashMismatch;
  line.expected = expected;
  line.got = got;
}

VerifyLine read_ledger_line(std::string_view text) {
  VerifyLine line;
  const size_t colon = text.find(": ");
  const auto seq = parse_uint(text.substr(0, colon));
  if (colon == std::string_view::npos || !seq) return line;
  line.seq = *seq;
  const std::string_view what = text.substr(colon + 2);
  if (what.starts_with(kFailed)) {
    read_failure(what.substr(kFailed.size()), line);
  } else if (what.starts_with("MISMATCH")) {
    line.kind = VerifyLineKind::kMark;
  } else {
    // A fetch that failed, an epoch that was skipped, and whatever later programs have to say of
    // one ledger: none of it is a ledger that was executed and found equal.
    line.kind = VerifyLineKind::kNoInput;
    line.text = printable(what, kTextBytes);
  }
  return line;
}

bool read_count(std::string_view text, std::string_view name, VerifyLineKind kind,
                VerifyLine& line) {
  if (!text.starts_with(name)) return false;
  std::string_view number = text.substr(name.size());
  number.remove_prefix(std::min(number.find_first_not_of(' '), number.size()));
  const auto count = parse_uint(number);
  if (!count) return false;
  line.kind = kind;
  line.count = *count;
  return true;
}

}  // namespace

VerifyLine read_verify_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  // Progress dots stand in front of what is printed next.
  line.remove_prefix(std::min(line.find_first_not_of('.'), line.size()));
  if (line.starts_with(kLedger)) return read_ledger_line(line.substr(kLedger.size()));
  VerifyLine read;
  const bool summary =
      read_count(line, "  Ledgers verified:", VerifyLineKind::kVerified, read) ||
      read_count(line, "  Ledgers matched:", VerifyLineKind::kMatched, read) ||
      read_count(line, "  Ledgers with mismatches:", VerifyLineKind::kMismatches, read);
  return summary ? read : VerifyLine();
}

}  // namespace recrank::stellar
