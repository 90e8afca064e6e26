// The facts of a closed ledger by the names that all recordings and engines of the dialect "henyey"
// share, so that a database, a log and a replay can be held against each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snapshot/recording.h"
#include "snapshot/stellar/ledger_header.h"
#include "snapshot/step.h"

namespace recrank::stellar {

// How recordings, engines and reports call it.
inline constexpr std::string_view kHenyeyDialect = "henyey";

// A history archive holds the whole state once in so many ledgers, behind each multiple less one:
// 64, and 8 on a network whose time is accelerated for testing, as `henyey run --local` does it.
// A private network may be either; each multiple of 64 is one of 8, and an engine that finds no
// state there begins at the one before. `passphrase` is that of the network; empty: not known.
inline constexpr uint64_t kCheckpointLedgers = 64;
inline constexpr uint64_t kAcceleratedCheckpointLedgers = 8;
[[nodiscard]] uint64_t archive_checkpoint_ledgers(std::string_view passphrase);

inline constexpr std::string_view kPublicNetwork = "Public Global Stellar Network ; September 2015";
inline constexpr std::string_view kTestNetwork = "Test SDF Network ; September 2015";

inline constexpr std::string_view kLedgerHash = "ledger_hash";
inline constexpr std::string_view kBucketListHash = "bucket_list_hash";
inline constexpr std::string_view kTxResultHash = "tx_result_hash";
inline constexpr std::string_view kTotalCoins = "total_coins";
inline constexpr std::string_view kFeePool = "fee_pool";
inline constexpr std::string_view kCloseTime = "close_time";

// Name and value; the names are literals.
//
// Their order is from cause to effect: what came before, what went in, what was executed, the state
// that came out, and last the ledger's hash, which differs whenever anything does. The first one
// that differs is then the one that says most.
using LedgerFacts = std::vector<std::pair<std::string_view, std::string>>;

// `ledger_hash`: the sha256 of the header's bytes.
[[nodiscard]] LedgerFacts facts_of_header(const LedgerHeader& header, std::string ledger_hash);

// Makes `step` the ledger `seq` with these facts.
void put_ledger(Step& step, uint64_t seq, const LedgerFacts& facts);

// Where a replay of the ledgers of `held` can begin: at its first, and behind each checkpoint of an
// archive that has one `every` so many ledgers. The engine finds the state by itself; before the
// first checkpoint there is none, so those ledgers are out of reach.
[[nodiscard]] std::vector<Checkpoint> ledger_checkpoints(const std::vector<StepRange>& held,
                                                         uint64_t every);

}  // namespace recrank::stellar
