// What a node executes of one ledger, as a data lake or a cache of one holds it.
// Format: docs/formats/ledger-input.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "snapshot/stellar/ledger_header.h"

namespace recrank::stellar {

struct LedgerInput {
  LedgerHeader header;
  std::string ledger_hash;  // the sha256 of the header, which is what it says
};

// The ledger `seq` out of an unpacked batch. Everything that a node executes of it is checked:
// the header against the ledger's hash, the transactions against the header. Damage is
// kInvalidData that says what is wrong; a batch of more than one ledger is kUnsupported.
[[nodiscard]] LedgerInput parse_ledger_input(std::string_view batch, uint64_t seq);

// The same of a file "<seq>.xdr.zst"; failures name it as `shown`.
[[nodiscard]] LedgerInput read_ledger_input(const std::filesystem::path& file, uint64_t seq,
                                            const std::string& shown);

}  // namespace recrank::stellar
