// Format: docs/formats/height-log.md
#include "snapshot/stellar/height_log_line.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank::stellar {
namespace {

constexpr std::string_view kClosedMessage = "Ledger closed";
constexpr std::string_view kStartMessage = "Starting henyey node";
constexpr std::string_view kTargetStart = "henyey_";
constexpr size_t kTargetBytesMax = 200;

struct FieldName {
  std::string_view in_log;
  std::string_view fact;
  bool hash;
};
// In the order of ledger_facts.h.
constexpr std::array kFields{
    FieldName{"close_time", kCloseTime, false},
    FieldName{"tx_count", "tx_count", false},
    FieldName{"tx_result_hash", kTxResultHash, true},
    FieldName{"bucket_list_hash", kBucketListHash, true},
    FieldName{"total_coins", kTotalCoins, false},
    FieldName{"fee_pool", kFeePool, false},
    FieldName{"computed_hash", kLedgerHash, true},
};

constexpr std::string_view kMismatchMessage =
    "Pre-commit hash mismatch (replay mode) - per-field constituents";
constexpr std::array kMismatchFields{
    FieldName{"previous_ledger_hash", "prev_hash", true},
    FieldName{"ledger_version", "ledger_version", false},
    FieldName{"scp_value_tx_set_hash", "tx_set_hash", true},
    FieldName{"scp_value_close_time", kCloseTime, false},
    FieldName{"tx_result_hash", kTxResultHash, true},
    FieldName{"bucket_list_hash", kBucketListHash, true},
    FieldName{"total_coins", kTotalCoins, false},
    FieldName{"fee_pool", kFeePool, false},
    FieldName{"inflation_seq", "inflation_seq", false},
    FieldName{"id_pool", "id_pool", false},
    FieldName{"base_fee", "base_fee", false},
    FieldName{"base_reserve", "base_reserve", false},
    FieldName{"max_tx_set_size", "max_tx_set_size", false},
    FieldName{"actual_header_hash", kLedgerHash, true},
};

// What a node writes when something is wrong with it.
constexpr std::array<std::string_view, 13> kTroubles{
    "Hash mismatch - our computed header hash differs",
    "Background ledger close failed",
    "Bucket list hash mismatch",
    "Pre-commit hash mismatch",
    "FATAL: ",
    "WATCHDOG: ",
    "Fatal persist failure, aborting",
    "Persist task panicked",
    "panicked at ",
    "Node stopped with error",
    "load_last_known_ledger failed",
    "Header chain broken at ledger",
    "close_ledger failed"};

using Fields = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void fail_line(const std::string& what) {
  throw Error(ErrorCode::kInvalidData, "a closed ledger, but " + what);
}

// A whole number, which may be negative, as it stands.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return parse_uint(text).has_value();
}

std::optional<uint64_t> ledger_seq(const Fields& fields) {
  const auto seq = fields.find("ledger_seq");
  const auto number = seq == fields.end() ? std::nullopt : parse_uint(seq->second);
  return number && *number <= std::numeric_limits<uint32_t>::max() ? number : std::nullopt;
}

HeightLine closed(const Fields& fields) {
  HeightLine line;
  line.kind = HeightLineKind::kClosed;
  const auto seq = ledger_seq(fields);
  if (!seq) fail_line("its ledger_seq is no number");
  line.seq = *seq;
  for (const FieldName& field : kFields) {
    const auto found = fields.find(field.in_log);
    if (found == fields.end()) continue;
    const bool sound = field.hash ? is_sha256_hex(found->second) : is_number(found->second);
    if (!sound) {
      fail_line("its " + std::string(field.in_log) + " is no " +
                (field.hash ? "hash: " : "number: ") + printable(found->second, 80));
    }
    line.facts.emplace_back(field.fact, found->second);
  }
  if (fields.count("computed_hash") == 0) fail_line("its computed_hash is missing");
  return line;
}

// What it computed of a ledger that it did not close. All of it or nothing: it is beside the point
// of the line, which is that the ledger differs.
void read_mismatch(const Fields& fields, HeightLine& line) {
  const auto seq = ledger_seq(fields);
  LedgerFacts facts;
  for (const FieldName& field : kMismatchFields) {
    const auto found = fields.find(field.in_log);
    if (found == fields.end()) continue;
    if (field.hash ? !is_sha256_hex(found->second) : !is_number(found->second)) return;
    facts.emplace_back(field.fact, found->second);
  }
  if (!seq || facts.empty() || facts.back().first != kLedgerHash) return;
  line.seq = *seq;
  line.facts = std::move(facts);
}

bool is_trouble(std::string_view message) {
  return std::any_of(kTroubles.begin(), kTroubles.end(), [&](std::string_view each) {
    return message.find(each) != std::string_view::npos;
  });
}

HeightLine line_of(std::string_view message, const Fields& fields, std::string_view words) {
  HeightLine line;
  if (message == kClosedMessage) return closed(fields);
  if (message.starts_with(kStartMessage)) {
    line.kind = HeightLineKind::kStart;
    if (const auto name = fields.find("node_name"); name != fields.end()) {
      line.node_name = name->second;
    }
    if (const auto name = fields.find("network"); name != fields.end()) {
      line.network = name->second;
    }
  } else if (is_trouble(message)) {
    line.kind = HeightLineKind::kTrouble;
    line.words = words;
    if (message == kMismatchMessage) read_mismatch(fields, line);
  }
  return line;
}

// "ledger_seq=5 computed_hash=ab…". A value ends at the next space, so only values without spaces
// may be asked for; but that of the network, which is the last one of its line, goes to its end.
Fields text_fields(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (const size_t equal = word.find('='); equal != std::string_view::npos) {
      if (word.starts_with("network=")) {
        fields.emplace("network", text.substr(equal + 1));
        break;
      }
      fields.emplace(word.substr(0, equal), word.substr(equal + 1));
    }
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return fields;
}

// What stands behind "<time> <LEVEL> <target>: "; all of it where there is no such head.
std::string_view behind_head(std::string_view line) {
  const size_t end = line.substr(0, kTargetBytesMax).find(": ");
  if (end == std::string_view::npos) return line;
  const size_t target = line.rfind(' ', end - std::min<size_t>(end, 1)) + 1;
  const bool head = target > 0 && line.substr(target).starts_with(kTargetStart);
  return head ? line.substr(end + 2) : line;
}

HeightLine read_text(std::string_view line) {
  const std::string_view rest = behind_head(line);
  // The message ends where the first field begins.
  const size_t equal = rest.find('=');
  const size_t space = equal == std::string_view::npos ? equal : rest.rfind(' ', equal);
  const bool has_fields = space != std::string_view::npos;
  const std::string_view message = has_fields ? rest.substr(0, space) : rest;
  const bool wanted = message == kClosedMessage || message.starts_with(kStartMessage);
  const Fields fields = wanted && has_fields ? text_fields(rest.substr(space + 1)) : Fields();
  if (rest.starts_with("Error: ")) {
    return {HeightLineKind::kTrouble, 0, {}, {}, {}, std::string(rest)};
  }
  return line_of(wanted ? message : rest, fields, rest);
}

// {"timestamp":…,"level":…,"fields":{"message":…,…},"target":…}
HeightLine read_json(std::string_view line) {
  Fields fields;
  JsonCursor cursor(line);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key != "fields" || cursor.peek_kind() != '{') {
      cursor.skip_value();
      continue;
    }
    cursor.enter_object();
    while (const auto name = cursor.next_key()) {
      const std::string field(*name);
      fields[field] =
          cursor.peek_kind() == '"' ? cursor.string_value() : std::string(cursor.raw_value());
    }
  }
  cursor.expect_end();
  const auto message = fields.find("message");
  if (message == fields.end()) return {};
  std::string words = message->second;
  for (const auto& [name, value] : fields) {
    if (name != "message") words += " " + name + "=" + value;
  }
  return line_of(message->second, fields, words);
}

bool may_matter(std::string_view line) {
  return line.find(kClosedMessage) != std::string_view::npos ||
         line.find(kStartMessage) != std::string_view::npos || is_trouble(line) ||
         line.starts_with("Error: ");
}

}  // namespace

HeightLine read_height_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!may_matter(line)) return {};
  if (!line.starts_with('{')) return read_text(line);
  try {
    return read_json(line);
  } catch (const Error&) {
    if (line.find("\"Ledger closed\"") == std::string_view::npos) return {};
    throw;
  }
}

bool is_height_log_line(std::string_view line) {
  if (line.starts_with('{')) {
    return line.find("\"target\":\"henyey_") != std::string_view::npos &&
           line.find("\"fields\":{") != std::string_view::npos;
  }
  return behind_head(line).size() != line.size();
}

}  // namespace recrank::stellar
