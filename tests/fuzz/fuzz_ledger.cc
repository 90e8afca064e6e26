// What a Stellar node stores and prints: a header, a ledger's input, a line of its log, a line of
// verify-execution.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/hex.h"
#include "replay/stellar/henyey_lines.h"
#include "snapshot/stellar/height_log_line.h"
#include "snapshot/stellar/ledger_facts.h"
#include "snapshot/stellar/ledger_input.h"

namespace {

constexpr uint64_t kCorpusLedger = 125;

void read_line(std::string_view line) {
  (void)recrank::stellar::read_verify_line(line);
  (void)recrank::stellar::is_height_log_line(line);
  const recrank::stellar::HeightLine read = recrank::stellar::read_height_line(line);
  if (read.kind != recrank::stellar::HeightLineKind::kClosed) return;
  recrank::Step step;
  recrank::stellar::put_ledger(step, read.seq, read.facts);
  if (step.facts.empty() || !recrank::is_sha256_hex(step.facts.back().value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    read_line(text);
  } catch (const recrank::Error&) {
  }
  try {
    const recrank::stellar::LedgerHeader header = recrank::stellar::parse_ledger_header(text);
    if (!recrank::is_sha256_hex(header.bucket_list_hash)) std::abort();
  } catch (const recrank::Error&) {
  }
  try {
    const auto input = recrank::stellar::parse_ledger_input(text, kCorpusLedger);
    if (input.header.seq != kCorpusLedger) std::abort();
  } catch (const recrank::Error&) {
  }
  return 0;
}
