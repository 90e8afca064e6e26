// One line of a slog: what stands at its head, and where it breaks into several records.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "snapshot/io/line_reader.h"

namespace recrank::agoric {

// The types of record that this reader acts on.
enum class SlogType {
  kOther,
  kImportKernelStart,
  kCreateVat,
  kStartReplay,
  kCrankStart,
  kClist,
  kDeliver,
  kSyscall,
  kSyscallResult,
  kDeliverResult,
  kHeapSnapshotSave,
  kTerminate,
};

// The simple members of a record. Views point into it; strings are as they stand in the text
// (without quotes, escapes unresolved).
struct SlogHead {
  SlogType type = SlogType::kOther;
  std::string_view type_name;
  std::string_view vat_id;        // empty: none, or not of the form v<digits>
  std::string_view dispatch;      // "startVat"; later logs only
  std::string_view message_type;  // of crank-start
  std::string_view description;   // of create-vat
  std::string_view name;
  std::string_view manager;
  std::string_view snapshot_id;
  std::optional<uint64_t> crank;
  std::optional<uint64_t> delivery;
  std::optional<uint64_t> syscall;
  std::optional<uint64_t> deliveries;    // of start-replay
  std::optional<uint64_t> end_position;  // of heap-snapshot-save
  std::optional<uint64_t> heap_bytes;    // of the same, unpacked
  std::optional<uint64_t> block;         // of the chain's own records
  bool replay = false;
  bool says_replay = false;  // has the member "replay" at all: a log of the later era
  bool dynamic = false;
};

// Reads the members in front of the first object or array, and the others only when a member that
// the type cannot do without is not among those. So a bundle or a message is not looked at.
// nullopt: this is not one JSON object with a "type", as far as was looked.
[[nodiscard]] std::optional<SlogHead> read_slog_head(std::string_view record);

// A stretch of a line: one record, or bytes that are none.
struct SlogPiece {
  std::string_view text;
  size_t at = 0;         // its first byte within the line
  bool damaged = false;  // not a record
};

// Cuts a line into its pieces. A line is one record as the kernel writes it; a process that was
// killed leaves a line without '\n', whole or torn, and the next process appends to it. Lines
// that look whole are taken for one record without a look at their inside.
void split_slog_line(const Line& line, std::vector<SlogPiece>& pieces);

}  // namespace recrank::agoric
