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
  std::string xdr;   // with a signed value, as on the network
  std::string hash;  // sha256 of it
};

// `count` ledgers from `first` on, each linked to the one before. `change` may alter each header
// before it is hashed; what follows then differs as well.
[[nodiscard]] std::vector<MadeLedger> make_ledgers(
    uint32_t first, uint32_t count, const std::function<void(stellar::LedgerHeader&)>& change = {});

[[nodiscard]] std::string header_xdr(const stellar::LedgerHeader& header);

// In place of what is there; with the tables that tell the kind of the database apart. `statement`
// runs afterwards.
void write_ledger_db(const std::filesystem::path& file, const std::vector<MadeLedger>& ledgers,
                     const std::string& statement = {});

// The line that henyey writes when it has closed the ledger, with its '\n'.
[[nodiscard]] std::string closed_line(const MadeLedger& ledger, bool json);
[[nodiscard]] std::string closed_lines(const std::vector<MadeLedger>& ledgers, bool json);

}  // namespace recrank
