// The header of a Stellar ledger, as nodes store it.
// Format: docs/formats/henyey-db.md, "The header"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank::stellar {

// Hashes are lower-case hex. The header's own hash is the sha256 of its XDR bytes.
struct LedgerHeader {
  uint32_t version = 0;  // of the protocol
  std::string prev_hash;
  std::string tx_set_hash;
  uint64_t close_time = 0;  // seconds since 1970
  std::string tx_result_hash;
  std::string bucket_list_hash;  // of the whole state
  uint32_t seq = 0;
  int64_t total_coins = 0;  // in stroops
  int64_t fee_pool = 0;     // in stroops
  uint32_t inflation_seq = 0;
  uint64_t id_pool = 0;
  uint32_t base_fee = 0;
  uint32_t base_reserve = 0;
  uint32_t max_tx_set_size = 0;
};

// Throws kInvalidData "header: <what> at byte N" for anything but one whole header.
[[nodiscard]] LedgerHeader parse_ledger_header(std::string_view xdr);
// The same of a header that more stands behind: how long it is goes into `bytes`.
[[nodiscard]] LedgerHeader parse_leading_ledger_header(std::string_view xdr, size_t& bytes);

}  // namespace recrank::stellar
