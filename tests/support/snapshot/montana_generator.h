// Makes a Montana node's data directory from the rules: a chain of any length with any tables, and
// windows that do what the rules do not cover, or claim what is not true.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/montana/montana_tables.h"
#include "snapshot/step.h"

namespace recrank {

struct MontanaChain {
  size_t nodes = 3;
  size_t accounts = 4;
  size_t confirmers = 2;  // of each window, in turn
  uint64_t first_window = 1;
  uint64_t clock_hashes = 3;        // D of the first window
  bool clock_is_raised = true;      // at the end of a τ₂; false: as under --d-test-override
  bool rotates_checkpoints = true;  // at the end of a τ₂
  std::string salt = "chain";       // another one: another history
};

// What one window does or claims besides the rules.
struct MontanaTwist {
  uint16_t operations = 0;  // in each bundle of the window itself
  uint32_t version = 1;
  std::optional<Digest> winner;
  std::optional<Digest> candidate_root;
  std::optional<Digest> control_root;
  std::optional<Digest> node_root;        // claimed, with a state root that goes with it
  std::optional<Digest> clock;            // claimed, and what the next window goes on from
  std::optional<Digest> stranger;         // a bundle of this node, among those of the window itself
  bool twice = false;                     // the first of its own bundles is there twice
  std::optional<uint64_t> bundle_window;  // that its own bundles say they are of
  std::string proposer = "proposer";
};

// Holds the tables in memory and one envelope at a time. What is written is written into
// `directory`.
class MontanaGenerator {
 public:
  MontanaGenerator(std::filesystem::path directory, const MontanaChain& chain = {});

  // Closes `count` windows and archives them.
  MontanaGenerator& run(uint64_t count, const MontanaTwist& twist = {});
  // Writes tables, clock and counters as they are now.
  MontanaGenerator& save();
  MontanaGenerator& save_table(montana::Table table);
  MontanaGenerator& save_clock(std::optional<uint64_t> claimed_window = {});
  // As a node does that was stopped while it waited: one tick further than the last window.
  MontanaGenerator& save_clock_ahead();
  MontanaGenerator& save_current_window(uint64_t window);
  MontanaGenerator& save_last_cemented(uint64_t window);
  MontanaGenerator& forget_proposals(StepRange windows);
  // From now on what is written goes elsewhere: the history forks, or a copy is made.
  MontanaGenerator& write_to(std::filesystem::path directory);

  [[nodiscard]] uint64_t window() const { return window_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::filesystem::path proposal(uint64_t window) const;
  [[nodiscard]] static Digest id(const std::string& what, size_t number);
  [[nodiscard]] std::string& records(montana::Table table) {
    return records_[static_cast<size_t>(table)];
  }
  // A record that is there from now on.
  void add_record(montana::Table table, const Digest& id);

 private:
  struct Bundle {
    Digest node;
    uint64_t window = 0;
    uint16_t operations = 0;
    Digest clock{};
  };
  [[nodiscard]] static std::string signed_part(const Bundle& bundle);
  [[nodiscard]] static std::string encode_list(const std::vector<Bundle>& list);
  [[nodiscard]] static Digest root_of(const std::vector<Bundle>& list);
  void close(const MontanaTwist& twist);
  void pay(const Digest& winner);
  void confirm();
  void end_epoch();
  void rehash(montana::Table table, uint32_t number);
  [[nodiscard]] std::vector<Bundle> bundles_of(uint64_t window, const MontanaTwist& twist) const;
  [[nodiscard]] std::string header_of(const Digest& winner, const Digest& bundles_root,
                                      const MontanaTwist& twist);

  std::filesystem::path directory_;
  MontanaChain chain_;
  uint64_t window_ = 0;
  std::array<std::string, 3> records_;
  std::array<montana::Tree, 3> trees_;
  Digest clock_{};
  uint64_t told_clock_hashes_;  // what the clock file says of D; a node may go by another
  std::string header_;
  std::vector<Bundle> bundles_;  // of window_
};

// Flips bits of one byte of a file.
void flip_bits(const std::filesystem::path& file, size_t at, unsigned char bits = 1);

}  // namespace recrank
