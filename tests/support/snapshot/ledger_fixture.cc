#include "tests/support/snapshot/ledger_fixture.h"

#include <fstream>

#include "base/hash.h"
#include "base/hex.h"
#include "snapshot/io/zstd_stream.h"
#include "snapshot/sqlite/sqlite_db.h"

namespace recrank {
namespace {

std::string be(uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift);
  return out;
}

std::string from_hex(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return out;
}

}  // namespace

std::string header_xdr(const stellar::LedgerHeader& h) {
  std::string xdr = be(h.version, 4) + from_hex(h.prev_hash) + from_hex(h.tx_set_hash);
  xdr +=
      be(h.close_time, 8) + be(1, 4) + be(5, 4) + std::string("\1\2\3\4\5\0\0\0", 8);  // an upgrade
  xdr += be(1, 4) + be(0, 4) + std::string(32, 'k') + be(64, 4) + std::string(64, 's');
  xdr += from_hex(h.tx_result_hash) + from_hex(h.bucket_list_hash) + be(h.seq, 4);
  xdr += be(static_cast<uint64_t>(h.total_coins), 8) + be(static_cast<uint64_t>(h.fee_pool), 8);
  xdr += be(h.inflation_seq, 4) + be(h.id_pool, 8) + be(h.base_fee, 4) + be(h.base_reserve, 4);
  return xdr + be(h.max_tx_set_size, 4) + std::string(4 * 32, '\0') + be(0, 4);
}

std::vector<MadeLedger> make_ledgers(uint32_t first, uint32_t count,
                                     const std::function<void(stellar::LedgerHeader&)>& change) {
  std::vector<MadeLedger> ledgers;
  std::string prev = sha256_hex("the ledger before " + std::to_string(first));
  for (uint32_t seq = first; seq < first + count; ++seq) {
    const std::string n = std::to_string(seq);
    stellar::LedgerHeader h;
    h.version = 23;
    h.prev_hash = prev;
    // Generalized, of the ledger before, with no phases; its number makes it another one each time.
    const std::string tx_set = be(1, 4) + from_hex(prev) + be(0, 4) + be(seq, 4);
    h.tx_set_hash = sha256_hex(tx_set);
    h.close_time = 1'777'000'000 + 5 * uint64_t{seq};
    h.tx_result_hash = sha256_hex("result " + n);
    h.bucket_list_hash = sha256_hex("state " + n);
    h.seq = seq;
    h.total_coins = 1'054'439'020'873'472'865;
    h.fee_pool = 62'915'012'345 + int64_t{seq} * 100;
    h.id_pool = seq;
    h.base_fee = 100;
    h.base_reserve = 5'000'000;
    h.max_tx_set_size = 1000;
    if (change) change(h);
    MadeLedger made{h, header_xdr(h), {}, tx_set};
    made.hash = prev = sha256_hex(made.xdr);
    ledgers.push_back(std::move(made));
  }
  return ledgers;
}

std::string ledger_batch(const MadeLedger& ledger) {
  const std::string seq = be(ledger.header.seq, 4);
  // The form with evicted keys, its fee extension, the ledger's entry, the set, no results.
  return seq + seq + be(1, 4) + be(2, 4) + be(1, 4) + be(0, 4) + be(5000, 8) +
         from_hex(ledger.hash) + ledger.xdr + be(0, 4) + ledger.tx_set + std::string(16, 0);
}

void write_ledger_input(const std::filesystem::path& directory, const MadeLedger& ledger) {
  std::filesystem::create_directories(directory);
  std::ofstream file(directory / (std::to_string(ledger.header.seq) + ".xdr.zst"));
  ZstdPacker packer([&](std::string_view piece) { file << piece; });
  packer.write(ledger_batch(ledger));
  packer.finish();
}

void write_ledger_db(const std::filesystem::path& file, const std::vector<MadeLedger>& ledgers,
                     const std::string& statement) {
  std::filesystem::remove(file);
  const SqliteDb db(file, file.string(), SqliteAccess::kScratch);
  db.execute("CREATE TABLE storestate (statename TEXT PRIMARY KEY, state TEXT NOT NULL)");
  db.execute(
      "CREATE TABLE ledgerheaders (ledgerhash TEXT PRIMARY KEY, prevhash TEXT NOT NULL, "
      "bucketlisthash TEXT NOT NULL, ledgerseq INTEGER UNIQUE NOT NULL, closetime INTEGER NOT "
      "NULL, data BLOB NOT NULL)");
  db.execute("BEGIN");
  for (const MadeLedger& each : ledgers) {
    const stellar::LedgerHeader& h = each.header;
    db.execute(("INSERT INTO ledgerheaders VALUES ('" + each.hash + "','" + h.prev_hash + "','" +
                h.bucket_list_hash + "'," + std::to_string(h.seq) + "," +
                std::to_string(h.close_time) + ",x'" + to_hex(each.xdr) + "')")
                   .c_str());
  }
  const std::string last = ledgers.empty() ? "0" : std::to_string(ledgers.back().header.seq);
  db.execute(("INSERT INTO storestate VALUES ('lastclosedledger','" + last +
              "'),('networkpassphrase','Test SDF Network ; September 2015')")
                 .c_str());
  if (!statement.empty()) db.execute(statement.c_str());
  db.execute("COMMIT");
}

std::string closed_line(const MadeLedger& ledger, bool json) {
  const stellar::LedgerHeader& h = ledger.header;
  const auto field = [json](const char* name, const std::string& value, bool quoted) {
    const std::string mark = json && quoted ? "\"" : "";
    return (json ? ",\"" + std::string(name) + "\":" : " " + std::string(name) + "=") + mark +
           value + mark;
  };
  const std::string fields =
      field("ledger_seq", std::to_string(h.seq), false) + field("tx_count", "310", false) +
      field("close_time_ms", "412", false) + field("computed_hash", ledger.hash, true) +
      field("bucket_list_hash", h.bucket_list_hash, true) +
      field("tx_result_hash", h.tx_result_hash, true) +
      field("total_coins", std::to_string(h.total_coins), false) +
      field("fee_pool", std::to_string(h.fee_pool), false) +
      field("close_time", std::to_string(h.close_time), false);
  if (!json) {
    return "2026-05-04T14:04:04.000001Z  INFO henyey_ledger::manager: Ledger closed" + fields +
           "\n";
  }
  return "{\"timestamp\":\"2026-05-04T14:04:04.000001Z\",\"level\":\"INFO\",\"fields\":{"
         "\"message\":"
         "\"Ledger closed\"" +
         fields + "},\"target\":\"henyey_ledger::manager\"}\n";
}

std::string closed_lines(const std::vector<MadeLedger>& ledgers, bool json) {
  std::string text;
  for (const MadeLedger& each : ledgers) text += closed_line(each, json);
  return text;
}

}  // namespace recrank
