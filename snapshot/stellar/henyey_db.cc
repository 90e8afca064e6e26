// Format: docs/formats/henyey-db.md
#include "snapshot/stellar/henyey_db.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/text.h"
#include "snapshot/one_subject_recording.h"
#include "snapshot/sqlite/sqlite_contents.h"
#include "snapshot/sqlite/sqlite_copy.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

constexpr uint64_t kLedgerMax = std::numeric_limits<uint32_t>::max();
constexpr size_t kDamageMax = 1000;
constexpr size_t kHeaderBytesMax = 4096;  // a real one has some 400
constexpr size_t kFactBytes = 100;

// One row, checked.
struct LedgerRow {
  LedgerHeader header;
  std::string hash;
};

std::string ledger_place(const SqliteDb& db, uint64_t seq) {
  return db.shown_name() + ": ledgerheaders, ledger " + std::to_string(seq);
}

[[noreturn]] void fail_row(const std::string& what) { throw Error(ErrorCode::kInvalidData, what); }

void require_equal(std::string_view column, std::string_view in_column,
                   std::string_view in_header) {
  if (in_column == in_header) return;
  fail_row("column " + std::string(column) + " holds " + printable(in_column, kFactBytes) +
           ", the header " + std::string(in_header));
}

// The header's bytes: henyey stores them as they are, stellar-core as base64.
std::string header_bytes(std::string_view stored) {
  if (stored.size() > kHeaderBytesMax) fail_row("the header is longer than 4096 bytes");
  const bool text =
      !stored.empty() && stored.find_first_not_of(
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
                             std::string_view::npos;
  if (text) {
    if (auto bytes = decode_base64(stored)) return *std::move(bytes);
  }
  return std::string(stored);
}

// Columns of kRows from 1 on.
LedgerRow read_row(const Statement& row, uint64_t seq) {
  LedgerRow ledger;
  const std::string bytes = header_bytes(row.text(5));
  ledger.hash = row.text(1);
  if (!is_sha256_hex(ledger.hash))
    fail_row("ledgerhash is no hash: " + printable(ledger.hash, kFactBytes));
  const std::string computed = sha256_hex(bytes);
  if (computed != ledger.hash) {
    fail_row("the header's sha256 is " + computed + ", recorded " + ledger.hash);
  }
  ledger.header = parse_ledger_header(bytes);
  const LedgerHeader& header = ledger.header;
  require_equal("ledgerseq", std::to_string(seq), std::to_string(header.seq));
  require_equal("prevhash", row.text(2), header.prev_hash);
  require_equal("bucketlisthash", row.text(3), header.bucket_list_hash);
  const std::string close_time =
      row.count(4) ? std::to_string(*row.count(4)) : std::string("no number");
  require_equal("closetime", close_time, std::to_string(header.close_time));
  return ledger;
}

constexpr const char* kRows =
    "SELECT ledgerseq, ledgerhash, prevhash, bucketlisthash, closetime, data FROM ledgerheaders "
    "WHERE ledgerseq>=?1 AND ledgerseq<?2 ORDER BY ledgerseq";

class LedgerStream : public StepStream {
 public:
  LedgerStream(const std::filesystem::path& path, const std::string& shown, StepRange range)
      : db_(path, shown, SqliteAccess::kEvidence), query_(db_, kRows), range_(range) {
    query_.bind(1, static_cast<int64_t>(range.begin));
    query_.bind(2, static_cast<int64_t>(range.end));
  }

  bool next(Step& step) override {
    if (range_.empty()) return false;
    const uint64_t seq = range_.begin;
    with_context([&] { return ledger_place(db_, seq); },
                 [&] {
                   if (!query_.step() || query_.count(0) != seq) fail_row("the row is missing");
                   LedgerRow row = read_row(query_, seq);
                   put_ledger(step, seq, facts_of_header(row.header, std::move(row.hash)));
                 });
    ++range_.begin;
    return true;
  }

 private:
  SqliteDb db_;
  Statement query_;
  StepRange range_;
};

// What the node wrote of itself. Values that are long, such as the state of an archive, are left
// out.
std::vector<std::pair<std::string, std::string>> node_facts(const SqliteDb& db) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto columns = columns_of(db, "storestate");
  if (columns.count("statename") == 0 || columns.count("state") == 0) return facts;
  for (const char* key : {"databaseschema", "lastclosedledger", "networkpassphrase"}) {
    Statement query(db, "SELECT state FROM storestate WHERE statename=?1");
    query.bind(1, key);
    if (query.step()) facts.emplace_back(key, printable(query.text(0), kFactBytes));
  }
  return facts;
}

class HenyeyDb : public OneSubjectRecording {
 public:
  HenyeyDb(const std::filesystem::path& path, std::string shown)
      : evidence_(prepare_sqlite_evidence(path)), shown_(std::move(shown)) {
    const SqliteDb db(evidence_.path, shown_, SqliteAccess::kEvidence);
    const auto columns = columns_of(db, "ledgerheaders");
    for (const char* name :
         {"ledgerhash", "prevhash", "bucketlisthash", "ledgerseq", "closetime", "data"}) {
      if (columns.count(name) == 0) {
        throw Error(ErrorCode::kInvalidData,
                    shown_ + ": no database of a node: it has no ledgerheaders." + name);
      }
    }
    info_.kind = "henyey-db";
    info_.dialect = kHenyeyDialect;
    info_.path = shown_;
    info_.facts = node_facts(db);
    if (!evidence_.note.empty()) info_.notes.push_back(evidence_.note);
    describe_node(db);
  }

  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    check_subject(subject_id);
    return ledger_checkpoints(subjects_.front().held, archive_checkpoint_ledgers(passphrase()));
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    check_held(subject_id, range);
    return std::make_unique<LedgerStream>(evidence_.path, shown_, range);
  }

  HashReport verify(const VerifyScope& scope) const override;

 private:
  [[nodiscard]] std::string_view passphrase() const {
    for (const auto& [name, value] : info_.facts) {
      if (name == "networkpassphrase") return value;
    }
    return {};
  }

  void describe_node(const SqliteDb& db) {
    Subject& subject = subjects_.front();
    subject.id = kNodeSubject;
    subject.kind = "node";
    subject.manager = "henyey";
    uint64_t passed_over = 0;
    Statement query(db, "SELECT ledgerseq FROM ledgerheaders ORDER BY ledgerseq");
    while (query.step()) {
      const auto seq = query.count(0);
      if (!seq || *seq > kLedgerMax) {
        ++passed_over;
      } else if (!subject.held.empty() && subject.held.back().end == *seq) {
        ++subject.held.back().end;
      } else if (subject.held.empty() || subject.held.back().end < *seq) {
        subject.held.push_back({*seq, *seq + 1});
      } else {
        ++passed_over;
      }
    }
    if (passed_over > 0) {
      info_.notes.push_back(shown_ + ": " + format_count(passed_over) +
                            " rows of ledgerheaders were passed over: their ledgerseq is no "
                            "number of a ledger, or is there twice");
    }
    if (subject.held.empty()) subject.not_replayable = "the database holds no closed ledger";
    note_last(db, subject);
  }

  // A node that died between two writes says so here. henyey writes the number of the last closed
  // ledger, stellar-core its hash.
  void note_last(const SqliteDb& db, Subject& subject) {
    if (subject.held.empty()) return;
    const auto told = std::find_if(info_.facts.begin(), info_.facts.end(), [](const auto& fact) {
      return fact.first == "lastclosedledger";
    });
    if (told == info_.facts.end()) return;
    const uint64_t last = subject.held.back().end - 1;
    Statement query(db, "SELECT ledgerhash FROM ledgerheaders WHERE ledgerseq=?1");
    query.bind(1, static_cast<int64_t>(last));
    const bool there = query.step();
    if (told->second == std::to_string(last) || (there && query.text(0) == told->second)) return;
    info_.notes.push_back(shown_ + ": storestate names " + told->second +
                          " as the last closed ledger, but the last header is of ledger " +
                          std::to_string(last));
    const auto number = parse_uint(told->second);
    if (number && *number > last && *number <= kLedgerMax) {
      subject.missing.push_back(
          {{last + 1, *number + 1}, "closed, as storestate says, but without a header"});
    }
  }

  SqliteEvidence evidence_;
  std::string shown_;
};

// Each header by itself, and its link to the one before it, also where one of the two lies outside
// the range: the ledger behind it vouches for its last one.
HashReport HenyeyDb::verify(const VerifyScope& scope) const {
  HashReport report;
  if (scope.parts == VerifyParts::kHeaps) return report;  // there are none
  if (!scope.subject_id.empty()) check_subject(scope.subject_id);
  const StepRange asked = scope.range.value_or(StepRange{0, kLedgerMax + 1});
  const SqliteDb db(evidence_.path, shown_, SqliteAccess::kEvidence);
  Statement query(db, kRows);
  query.bind(1, static_cast<int64_t>(asked.begin - std::min<uint64_t>(asked.begin, 1)));
  query.bind(2, static_cast<int64_t>(std::min(asked.end, kLedgerMax) + 1));
  std::optional<std::pair<uint64_t, std::string>> before;  // the last sound header: ledger, hash
  while (query.step() && report.damage.size() < kDamageMax) {
    const auto seq = query.count(0);
    if (!seq) continue;  // told of when it was opened
    const bool counts = asked.contains(*seq);
    if (counts) ++report.spans;
    try {
      LedgerRow row = read_row(query, *seq);
      const bool linked = before && before->first + 1 == *seq;
      if (linked && before->second != row.header.prev_hash) {
        report.damage.push_back({ledger_place(db, *seq),
                                 "it names " + row.header.prev_hash + " as the hash of ledger " +
                                     std::to_string(before->first) + ", which has " +
                                     before->second,
                                 kNodeSubject});
      }
      before.emplace(*seq, std::move(row.hash));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      if (counts) report.damage.push_back({ledger_place(db, *seq), error.what(), kNodeSubject});
    }
  }
  return report;
}

std::optional<size_t> recognise_ledgers(const FileHead& head) {
  const bool ledgers = looks_like_sqlite(head.bytes()) && head.file() &&
                       sqlite_speaks_of(*head.file(), "ledgerheaders");
  return ledgers ? std::optional<size_t>(0) : std::nullopt;
}

}  // namespace

std::unique_ptr<Recording> open_henyey_db(const std::filesystem::path& path,
                                          const std::string& shown_path) {
  return std::make_unique<HenyeyDb>(path, shown_path);
}

const Format kHenyeyDbFormat{.name = "henyey-db",
                             .words = "a database of ledgers",
                             .accepted = "a SQLite database of ledgers",
                             .rank = Rank::kDatabase,
                             .recognise = recognise_ledgers,
                             .open = open_henyey_db,
                             .database = Database::kSqlite};

}  // namespace recrank::stellar
