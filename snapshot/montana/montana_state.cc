// Format: docs/formats/montana.md
#include "snapshot/montana/montana_state.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/little_endian.h"

namespace recrank::montana {
namespace {

namespace fs = std::filesystem;

std::string windows_text(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " window" : " windows");
}

TableState look_at_table(const Directory& directory, Table table) {
  TableState state;
  const std::string name(file_name(table));
  std::error_code error;
  if (!fs::exists(fs::symlink_status(directory.path / name, error))) {
    state.trouble = name + " is missing";
    return state;
  }
  try {
    const UniqueFd fd = open_for_read(directory.path / name);
    state.bytes = file_size(fd.get(), name);
    Tree tree;
    for_each_record(
        fd.get(), 0, state.bytes, table, name,
        [&](uint64_t number, std::string_view record) { put_record(tree, number, record, name); });
    state.root = tree.root();
    state.hashes = tree.standing_hashes();
  } catch (const Error& failure) {
    if (failure.code() == ErrorCode::kIo) throw;
    state.trouble = failure.what();
  }
  return state;
}

// Notes which roots the header has; true when it has all three.
bool match(State& state, std::string_view header, uint64_t window) {
  const Roots roots = roots_in(header);
  const std::array<const Digest*, 3> recorded{&roots.node, &roots.candidate, &roots.account};
  bool all = true;
  for (size_t i = 0; i < state.tables.size(); ++i) {
    TableState& table = state.tables[i];
    const bool same = table.trouble.empty() && table.root == *recorded[i];
    if (same && !table.window) table.window = window;
    all = all && same;
  }
  return all;
}

void find_window(State& state, const Directory& directory) {
  for (size_t i = directory.windows.size(); i-- > 0;) {
    const StepRange& range = directory.windows[i];
    for (uint64_t window = range.end; window-- > range.begin;) {
      auto header = read_header(directory, window);
      if (!header || !match(state, *header, window)) continue;
      state.marks.tables = window;
      state.header = std::move(*header);
      return;
    }
  }
}

// The clock file holds the D of the last window that was closed when it was written. Where a clock
// that ticks ahead, or a torn directory, has the end of a τ₂ between that and the tables, theirs is
// another one.
std::optional<uint64_t> clock_hashes_behind(uint64_t tables, const Directory& directory) {
  if (!directory.clock) return std::nullopt;
  const uint64_t ticked = directory.clock->last_window;
  const bool ahead = ticked > directory.current_window.value_or(tables);
  const uint64_t told = (ahead ? ticked - 1 : ticked) / kEpochWindows;
  const uint64_t wanted = tables / kEpochWindows;
  if (wanted == told) return directory.clock->hashes;
  if (wanted == told + 1) return raised_clock_hashes(directory.clock->hashes);
  if (wanted + 1 == told) return unraised_clock_hashes(directory.clock->hashes);
  return std::nullopt;
}

void look_at_clock(State& state, const Directory& directory) {
  if (state.marks.tables) {
    const uint64_t window = *state.marks.tables;
    state.clock_hashes = clock_hashes_behind(window, directory);
    if (window > 0 && directory.holds(window - 1)) {
      if (const auto before = read_header(directory, window - 1)) {
        state.clock_before = digest_at(*before, kClockValue);
      }
    }
  }
  if (!directory.clock || !directory.holds(directory.clock->last_window)) return;
  const uint64_t told = directory.clock->last_window;
  const auto header = read_header(directory, told);
  if (!header) return;
  const Digest recorded = digest_at(*header, kClockValue);
  if (directory.clock->value == recorded) return;
  state.clock_damage = "its t_r of window " + std::to_string(told) + " is " +
                       to_hex(bytes_of(directory.clock->value)) + ", that of the proposal is " +
                       to_hex(bytes_of(recorded));
}

}  // namespace

std::vector<std::string> tears(const Marks& marks) {
  const auto& [current, cemented, clock, proposal, tables] = marks;
  std::vector<std::string> found;
  const auto text = [](uint64_t window) { return std::to_string(window); };
  if (current && cemented && *current > *cemented) {
    found.push_back("current_window " + text(*current) + " is ahead of last_cemented " +
                    text(*cemented));
  }
  if (current && cemented && *current < *cemented) {
    found.push_back("last_cemented " + text(*cemented) + " is ahead of current_window " +
                    text(*current));
  }
  if (cemented && proposal && *cemented > *proposal) {
    found.push_back("window " + text(*cemented) +
                    " is cemented, but its proposal is not there (the last is " + text(*proposal) +
                    ")");
  }
  const std::optional<uint64_t> closed = cemented ? cemented : current;
  if (closed && tables && *tables != *closed) {
    const bool behind = *tables < *closed;
    found.push_back(
        "the tables are " + windows_text(behind ? *closed - *tables : *tables - *closed) +
        (behind ? " behind " : " ahead of ") + (cemented ? "last_cemented " : "current_window ") +
        text(*closed) + " (at " + text(*tables) + ")");
  }
  const std::optional<uint64_t> due = current ? current : cemented ? cemented : tables;
  if (clock && due && (*clock < *due || *clock > *due + 1)) {
    found.push_back(std::string("the clock is ") + (*clock < *due ? "behind" : "ahead") + " (at " +
                    text(*clock) + ")");
  }
  return found;
}

std::optional<std::string> read_header(const Directory& directory, uint64_t window) {
  const fs::path file = directory.proposal(window);
  const UniqueFd fd = open_for_read(file);
  std::string header(kHeaderBytes, '\0');
  size_t size = 0;
  while (size < header.size()) {
    const size_t got =
        read_some_at(fd.get(), header.data() + size, header.size() - size, size, file.string());
    if (got == 0) return std::nullopt;
    size += got;
  }
  if (read_u64(header, kWindow) != window) return std::nullopt;
  return header;
}

std::string State::table_words() const {
  std::string words;
  for (const Table kind : kTables) {
    const TableState& one = table(kind);
    if (!words.empty()) words += ", ";
    if (!one.trouble.empty()) words += one.trouble;
    else if (one.window)
      words += std::string(file_name(kind)) + " is of window " + std::to_string(*one.window);
    else words += std::string(file_name(kind)) + " is of no window that is held";
  }
  return words;
}

bool State::tables_are_readable() const {
  return std::all_of(tables.begin(), tables.end(),
                     [](const TableState& each) { return each.trouble.empty(); });
}

State look_at_state(const Directory& directory) {
  State state;
  for (const Table table : kTables) {
    state.tables[static_cast<size_t>(table)] = look_at_table(directory, table);
  }
  state.marks.current_window = directory.current_window;
  state.marks.last_cemented = directory.last_cemented;
  if (directory.clock) state.marks.clock = directory.clock->last_window;
  state.marks.last_proposal = directory.last_proposal();
  find_window(state, directory);
  look_at_clock(state, directory);
  return state;
}

}  // namespace recrank::montana
