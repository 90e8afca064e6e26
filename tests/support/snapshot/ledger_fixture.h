// A made chain of Stellar ledgers, and the database and the logs that a node would leave of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "snapshot/stellar/ledger_header.h"

namespace recrank {

struct MadeLedger {
  stellar::LedgerHeader header;
  std::string xdr;          // with a signed value, as on the network
  std::string hash;         // sha256 of it
  std::string tx_set = {};  // an empty set of transactions, in XDR
};

// `count` ledgers from `first` on, each linked to the one before. `change` may alter each header
// before it is hashed; what follows then differs as well.
[[nodiscard]] std::vector<MadeLedger> make_ledgers(
    uint32_t first, uint32_t count, const std::function<void(stellar::LedgerHeader&)>& change = {});

[[nodiscard]] std::string header_xdr(const stellar::LedgerHeader& header);

// Its input as a data lake holds it: a batch of one, unpacked.
[[nodiscard]] std::string ledger_batch(const MadeLedger& ledger);
// The same packed, as the file "<seq>.xdr.zst" below `directory`.
void write_ledger_input(const std::filesystem::path& directory, const MadeLedger& ledger);

// In place of what is there; with the tables that tell the kind of the database apart. `statement`
// runs afterwards.
void write_ledger_db(const std::filesystem::path& file, const std::vector<MadeLedger>& ledgers,
                     const std::string& statement = {});

// The line that henyey writes when it has closed the ledger, with its '\n'.
[[nodiscard]] std::string closed_line(const MadeLedger& ledger, bool json);
[[nodiscard]] std::string closed_lines(const std::vector<MadeLedger>& ledgers, bool json);

}  // namespace recrank
