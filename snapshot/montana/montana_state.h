// Whether a Montana directory's tables, clock and counters are of one window.
//
// A node that is killed leaves files of different windows behind and starts from them again without
// a word. So the roots of the tables are computed and sought in the recorded headers, and all that
// counts windows is held against that. Shapes: docs/systems/montana.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/montana/montana_directory.h"
#include "snapshot/montana/montana_tables.h"

namespace recrank::montana {

// How far each part of a directory has come; nullopt: not known.
struct Marks {
  std::optional<uint64_t> current_window = {};
  std::optional<uint64_t> last_cemented = {};
  std::optional<uint64_t> clock = {};
  std::optional<uint64_t> last_proposal = {};
  std::optional<uint64_t> tables = {};  // all three are of this window
};

// In what the parts are apart, one half sentence each: "window 3 is cemented, but its proposal is
// not there (the last is 2)". Empty: they are one. A pure function. Proposals of later windows than
// all else are no tear: they are what a replay goes on with. Nor is a clock one window ahead: a
// node ticks before it closes a window, and stores that while it waits for others and when it is
// stopped.
[[nodiscard]] std::vector<std::string> tears(const Marks& marks);

// One table of a directory.
struct TableState {
  uint64_t bytes = 0;
  std::string trouble;  // missing or cut short; empty: `root` is known
  Digest root{};
  std::string hashes;              // what Tree::standing_hashes() of it gives
  std::optional<uint64_t> window;  // the newest recorded one whose header has this root

  [[nodiscard]] uint64_t records(Table table) const { return bytes / record_bytes(table); }
};

struct State {
  std::array<TableState, 3> tables;  // in the order of kTables
  Marks marks;
  std::string header;                    // of marks.tables, where that is known
  std::optional<Digest> clock_before;    // t_r of the window before that, where it is held
  std::optional<uint64_t> clock_hashes;  // D behind marks.tables, where the clock file tells it
  std::string clock_damage;  // the clock file tells another t_r than the header of its window

  [[nodiscard]] const TableState& table(Table table) const {
    return tables[static_cast<size_t>(table)];
  }
  // "nodes.bin is of no window that is held, accounts.bin of window 10", for a state that is of
  // none.
  [[nodiscard]] std::string table_words() const;
  [[nodiscard]] bool tables_are_readable() const;
  // The clock has ticked once more than the tables have closed windows.
  [[nodiscard]] bool clock_ahead() const {
    return marks.tables && marks.clock && *marks.clock == *marks.tables + 1;
  }
};

// Reads all tables once, and headers from the newest on until one has all three roots.
[[nodiscard]] State look_at_state(const Directory& directory);

// The header of a held window; nullopt where the file is too short or is of another window.
[[nodiscard]] std::optional<std::string> read_header(const Directory& directory, uint64_t window);

}  // namespace recrank::montana
