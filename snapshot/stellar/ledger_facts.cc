#include "snapshot/stellar/ledger_facts.h"

#include <algorithm>

namespace recrank::stellar {
namespace {

constexpr size_t kShownHashBytes = 16;

}  // namespace

LedgerFacts facts_of_header(const LedgerHeader& header, std::string ledger_hash) {
  return {{"prev_hash", header.prev_hash},
          {"ledger_version", std::to_string(header.version)},
          {"tx_set_hash", header.tx_set_hash},
          {kCloseTime, std::to_string(header.close_time)},
          {kTxResultHash, header.tx_result_hash},
          {kBucketListHash, header.bucket_list_hash},
          {kTotalCoins, std::to_string(header.total_coins)},
          {kFeePool, std::to_string(header.fee_pool)},
          {"inflation_seq", std::to_string(header.inflation_seq)},
          {"id_pool", std::to_string(header.id_pool)},
          {"base_fee", std::to_string(header.base_fee)},
          {"base_reserve", std::to_string(header.base_reserve)},
          {"max_tx_set_size", std::to_string(header.max_tx_set_size)},
          {kLedgerHash, std::move(ledger_hash)}};
}

void put_ledger(Step& step, uint64_t seq, const LedgerFacts& facts) {
  step.clear();
  step.number = seq;
  std::string& text = step.text;
  text = "{\"ledger\":" + std::to_string(seq) + "}";
  const size_t delivery_bytes = text.size();
  text += "ledger " + std::to_string(seq);
  for (const auto& [name, value] : facts) {
    if (name == kLedgerHash) text += ", hash " + value.substr(0, kShownHashBytes) + "…";
  }
  const size_t facts_begin = text.size();
  for (const auto& [name, value] : facts) text += value;
  // From here on the text is not changed any more: the views stay good.
  const std::string_view whole = text;
  step.delivery = whole.substr(0, delivery_bytes);
  step.summary = whole.substr(delivery_bytes, facts_begin - delivery_bytes);
  step.facts_tell_delivery = true;
  size_t at = facts_begin;
  for (const auto& [name, value] : facts) {
    step.facts.push_back({name, whole.substr(at, value.size()), false});
    at += value.size();
  }
}

uint64_t archive_checkpoint_ledgers(std::string_view passphrase) {
  const bool is_private =
      !passphrase.empty() && passphrase != kPublicNetwork && passphrase != kTestNetwork;
  return is_private ? kAcceleratedCheckpointLedgers : kCheckpointLedgers;
}

std::vector<Checkpoint> ledger_checkpoints(const std::vector<StepRange>& held, uint64_t every) {
  std::vector<Checkpoint> list;
  const auto add = [&list](uint64_t next_step) {
    Checkpoint checkpoint;
    checkpoint.kind = CheckpointKind::kOwn;
    checkpoint.next_step = next_step;
    list.push_back(checkpoint);
  };
  for (const StepRange& range : held) {
    const uint64_t first = std::max(range.begin, every);
    if (first >= range.end) continue;
    add(first);
    for (uint64_t at = (first / every + 1) * every; at < range.end; at += every) add(at);
  }
  return list;
}

}  // namespace recrank::stellar
