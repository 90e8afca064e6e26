// Format: docs/formats/montana.md
#include "snapshot/montana/montana_tables.h"

#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/little_endian.h"
#include "base/text.h"

namespace recrank::montana {
namespace {

// The last byte is the version.
constexpr std::string_view kPackedMagic{"rkmtabs\2", 8};
constexpr std::string_view kWithoutHashes{"rkmtabs\1", 8};
constexpr uint64_t kKnowsHashes = 1;
constexpr uint64_t kKnowsClockBefore = 2;

void append_u64(std::string& text, uint64_t value) {
  std::array<char, 8> bytes{};
  write_number(bytes.data(), value, 8);
  text.append(bytes.data(), bytes.size());
}

[[noreturn]] void fail(std::string_view name, const std::string& what) {
  throw Error(ErrorCode::kInvalidData, std::string(name) + ": " + what);
}

}  // namespace

std::string_view file_name(Table table) {
  switch (table) {
    case Table::kNodes: return "nodes.bin";
    case Table::kCandidates: return "candidates.bin";
    case Table::kAccounts: return "accounts.bin";
  }
  return "";
}

size_t record_bytes(Table table) {
  switch (table) {
    case Table::kNodes: return kNodeBytes;
    case Table::kCandidates: return kCandidateBytes;
    case Table::kAccounts: return kAccountBytes;
  }
  return 1;
}

void check_table_size(uint64_t bytes, Table table, std::string_view name) {
  if (bytes > kTableBytesMax) {
    throw Error(ErrorCode::kUnsupported,
                std::string(name) + ": larger than " + format_bytes(kTableBytesMax));
  }
  if (bytes % record_bytes(table) == 0) return;
  fail(name, std::to_string(bytes) + " bytes are no whole number of records of " +
                 std::to_string(record_bytes(table)) + " (it was cut short: take another copy)");
}

std::string encode(const PackedHead& head) {
  RECRANK_CHECK(head.header.size() == kHeaderBytes);
  std::string text(kPackedMagic);
  append_u64(text, head.window);
  append_u64(text,
             (head.clock_hashes ? kKnowsHashes : 0) | (head.clock_before ? kKnowsClockBefore : 0));
  append_u64(text, head.clock_hashes.value_or(0));
  text += bytes_of(head.clock_before.value_or(Digest{}));
  for (const uint64_t count : head.records) append_u64(text, count);
  text += head.header;
  return text;
}

PackedHead read_packed_head(int fd, std::string_view name) {
  const uint64_t size = file_size(fd, name);
  if (size < kPackedHeadBytes) fail(name, "too short for packed tables");
  std::string bytes(kPackedHeadBytes, '\0');
  read_exactly_at(fd, bytes.data(), bytes.size(), 0, name);
  PackedHead head;
  head.has_hashes = bytes.starts_with(kPackedMagic);
  if (!head.has_hashes && !bytes.starts_with(kWithoutHashes)) {
    fail(name, "no packed tables of a known version");
  }
  head.window = read_u64(bytes, 8);
  if (head.window > kWindowMax) fail(name, "its window is beyond any");
  const uint64_t known = read_u64(bytes, 16);
  if ((known & kKnowsHashes) != 0) head.clock_hashes = read_u64(bytes, 24);
  if ((known & kKnowsClockBefore) != 0) head.clock_before = digest_at(bytes, 32);
  uint64_t expected = kPackedHeadBytes;
  for (const Table table : kTables) {
    const size_t i = static_cast<size_t>(table);
    head.records[i] = read_u64(bytes, 64 + 8 * i);
    if (head.records[i] > kTableBytesMax / record_bytes(table)) fail(name, "an impossible count");
    expected += head.records[i] * (record_bytes(table) + (head.has_hashes ? sizeof(Digest) : 0));
  }
  if (size != expected) {
    fail(name, "its counts make " + std::to_string(expected) + " bytes, but it has " +
                   std::to_string(size));
  }
  head.header = bytes.substr(kPackedHeadBytes - kHeaderBytes);
  if (read_u64(head.header, kWindow) != head.window) fail(name, "its header is of another window");
  return head;
}

void put_record(Tree& tree, uint64_t number, std::string_view record, std::string_view name) {
  if (tree.put(digest_at(record, 0), leaf_hash(record)) == number) return;
  fail(name, "record " + std::to_string(number) + " has the id of an earlier one (" +
                 to_hex(record.substr(0, 8)) + "…)");
}

}  // namespace recrank::montana
