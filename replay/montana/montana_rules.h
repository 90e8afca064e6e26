// What a Montana node does to its tables when a window closes: the rules of the steady state.
//
// The winner's operator gets the emission; every node that confirmed the window before gets a link
// more in its chain; at the end of a τ₂ the checkpoints of all nodes rotate, and D is raised. All
// else that can happen to a table (operations, registration, selection, expiry) is refused with the
// window and its name: a replay of it would be a guess. Rules and what they leave out:
// docs/systems/montana.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interrupt.h"
#include "snapshot/montana/montana_envelope.h"
#include "snapshot/montana/montana_tables.h"

namespace recrank::montana {

// nɈ (10^-9 Ɉ) for each window: 13 Ɉ.
inline constexpr uint64_t kEmission = 13'000'000'000;
inline constexpr uint32_t kKnownVersion = 1;

// The tables in memory, with their trees. Move-only in effect; one thread at a time.
class Node {
 public:
  // From packed tables, which are as untrusted as what they were made of; nullopt: interrupted.
  [[nodiscard]] static std::optional<Node> load(int fd, const std::string& name,
                                                const Interrupt& interrupt);

  // Closes the window. kUnsupported "window 15 uses operations: …" for what the rules do not cover;
  // the tables are then half done, and no other window may follow.
  void close(const Envelope& envelope);
  [[nodiscard]] Roots roots();

  // What the tables are packed with, to go on from: of the last window that was closed.
  [[nodiscard]] const PackedHead& head() const { return head_; }
  // Calls `put` with the pieces of the packed tables, in order.
  template <typename Put>
  void pack(Put&& put) {
    put(std::string_view(encode(head_)));
    for (const std::string& each : records_) put(std::string_view(each));
    for (Tree& each : trees_) put(std::string_view(each.standing_hashes()));
  }
  // What it holds now.
  [[nodiscard]] uint64_t memory_bytes() const;

 private:
  explicit Node(PackedHead head) : head_(std::move(head)) {}
  [[nodiscard]] bool read_table(Table table, int fd, uint64_t offset, const std::string& name,
                                const Interrupt& interrupt);
  void read_hashes(int fd, uint64_t offset, const std::string& name);
  [[nodiscard]] std::string& records(Table table) { return records_[static_cast<size_t>(table)]; }
  [[nodiscard]] Tree& tree(Table table) { return trees_[static_cast<size_t>(table)]; }
  void refuse_uncovered(const Envelope& envelope);
  void pay_winner(const Envelope& envelope);
  void confirm(const Envelope& envelope);
  void rotate_checkpoints(const Envelope& envelope);
  void changed(Table table, uint32_t number);

  PackedHead head_;
  std::array<std::string, 3> records_;  // in the order of kTables, as they lie in the files
  std::array<Tree, 3> trees_;
  std::vector<uint64_t> confirmed_at_;  // of each node: the last window that it was counted in
};

// The memory that tables of this size take, trees and all.
[[nodiscard]] uint64_t memory_bytes(const PackedHead& head);

}  // namespace recrank::montana
