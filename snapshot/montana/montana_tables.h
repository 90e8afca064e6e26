// The three tables of a Montana node, and the file that they are packed into so that a replay can
// begin with them. Format: docs/formats/montana.md ("Packed tables").
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "snapshot/montana/montana_format.h"
#include "snapshot/montana/montana_tree.h"

namespace recrank::montana {

enum class Table { kNodes, kCandidates, kAccounts };
inline constexpr std::array kTables{Table::kNodes, Table::kCandidates, Table::kAccounts};
[[nodiscard]] std::string_view file_name(Table table);  // "nodes.bin"
[[nodiscard]] size_t record_bytes(Table table);

// A chain of a million accounts has 2 GB of them.
inline constexpr uint64_t kTableBytesMax = uint64_t{8} << 30;

// What stands before the tables in a packed file.
struct PackedHead {
  uint64_t window = 0;  // the tables are as they were behind it
  std::optional<uint64_t>
      clock_hashes;                    // D: hashes of the clock in each window; nullopt: not known
  std::optional<Digest> clock_before;  // t_r of the window before, where it is recorded
  std::string header;                  // of `window`
  std::array<uint64_t, 3> records{};   // of each table, in the order of kTables
  bool has_hashes = true;              // behind the tables; files of version 1 have none

  [[nodiscard]] uint64_t count(Table table) const { return records[static_cast<size_t>(table)]; }
};

inline constexpr size_t kPackedHeadBytes = 8 + 8 + 8 + 8 + 32 + 3 * 8 + kHeaderBytes;

// Of the newest version.
[[nodiscard]] std::string encode(const PackedHead& head);
// kInvalidData, naming `name`, for what is no packed file, is of another version, or holds counts
// that its size does not bear out.
[[nodiscard]] PackedHead read_packed_head(int fd, std::string_view name);

// Reads the records of one table in pieces and hands each to `each` with its number. `offset` and
// `bytes` say where in the file they lie. kInvalidData for a size that is no multiple of a record.
template <typename Each>
void for_each_record(int fd, uint64_t offset, uint64_t bytes, Table table, std::string_view name,
                     Each&& each);

// Puts a record into the tree of its table as the next one. kInvalidData, with the number, for an
// id that is there already.
void put_record(Tree& tree, uint64_t number, std::string_view record, std::string_view name);

void check_table_size(uint64_t bytes, Table table, std::string_view name);

// ---- the template's inside ----

template <typename Each>
void for_each_record(int fd, uint64_t offset, uint64_t bytes, Table table, std::string_view name,
                     Each&& each) {
  constexpr uint64_t kRecordsAtOnce = 512;
  check_table_size(bytes, table, name);
  const uint64_t size = record_bytes(table);
  std::string piece;
  for (uint64_t done = 0; done < bytes; done += piece.size()) {
    piece.resize(std::min(bytes - done, size * kRecordsAtOnce));
    read_exactly_at(fd, piece.data(), piece.size(), offset + done, name);
    for (size_t at = 0; at < piece.size(); at += size) {
      each((done + at) / size, std::string_view(piece).substr(at, size));
    }
  }
}

}  // namespace recrank::montana
