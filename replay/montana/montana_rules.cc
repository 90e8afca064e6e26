#include "replay/montana/montana_rules.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "base/little_endian.h"

namespace recrank::montana {
namespace {

constexpr size_t kRecordsAtOnce = 512;
constexpr uint64_t kTreeBytesEach = 240;  // of a record: a leaf and a branch, and vectors that grow

[[noreturn]] void refuse(const Envelope& envelope, const std::string& what) {
  throw Error(ErrorCode::kUnsupported,
              "window " + std::to_string(envelope.window) + " uses " + what +
                  " (docs/systems/montana.md says which rules are covered)");
}

std::string short_id(std::string_view id) { return to_hex(id.substr(0, 8)) + "…"; }

void add_u64(std::string& bytes, size_t at, uint64_t value) {
  write_number(bytes.data() + at, read_u64(bytes, at) + value, 8);
}

}  // namespace

uint64_t memory_bytes(const PackedHead& head) {
  uint64_t bytes = 0;
  for (const Table table : kTables) {
    bytes += head.count(table) * (record_bytes(table) + kTreeBytesEach);
  }
  return bytes;
}

std::optional<Node> Node::load(int fd, const std::string& name, const Interrupt& interrupt) {
  Node node(read_packed_head(fd, name));
  uint64_t offset = kPackedHeadBytes;
  for (const Table table : kTables) {
    if (!node.read_table(table, fd, offset, name, interrupt)) return std::nullopt;
    offset += node.records(table).size();
  }
  if (node.head_.has_hashes) node.read_hashes(fd, offset, name);
  node.confirmed_at_.resize(node.head_.count(Table::kNodes));
  return node;
}

bool Node::read_table(Table table, int fd, uint64_t offset, const std::string& name,
                      const Interrupt& interrupt) {
  const size_t size = record_bytes(table);
  const std::string shown = name + ", " + std::string(file_name(table));
  std::string& all = records(table);
  all.resize(head_.count(table) * size);
  uint64_t number = 0;
  for (size_t done = 0; done < all.size();) {
    if (interrupt.requested()) return false;
    const size_t piece = std::min(all.size() - done, size * kRecordsAtOnce);
    read_exactly_at(fd, all.data() + done, piece, offset + done, name);
    for (const size_t end = done + piece; done < end; done += size) {
      put_record(tree(table), number++, std::string_view(all).substr(done, size), shown);
    }
  }
  return true;
}

void Node::read_hashes(int fd, uint64_t offset, const std::string& name) {
  for (Tree& each : trees_) {
    std::string hashes(each.size() * sizeof(Digest), '\0');
    read_exactly_at(fd, hashes.data(), hashes.size(), offset, name);
    each.adopt(hashes);
    offset += hashes.size();
  }
}

uint64_t Node::memory_bytes() const {
  uint64_t bytes = confirmed_at_.capacity() * sizeof(uint64_t);
  for (const std::string& each : records_) bytes += each.capacity();
  for (const Tree& each : trees_) bytes += each.memory_bytes();
  return bytes;
}

Roots Node::roots() {
  return {tree(Table::kNodes).root(), tree(Table::kCandidates).root(),
          tree(Table::kAccounts).root()};
}

void Node::close(const Envelope& envelope) {
  refuse_uncovered(envelope);
  pay_winner(envelope);
  confirm(envelope);
  if (ends_epoch(envelope.window)) {
    rotate_checkpoints(envelope);
    if (head_.clock_hashes) head_.clock_hashes = raised_clock_hashes(*head_.clock_hashes);
  }
  head_.clock_before = digest_at(head_.header, kClockValue);
  head_.header = envelope.header;
  head_.window = envelope.window;
}

// In the order in which they say most.
void Node::refuse_uncovered(const Envelope& envelope) {
  const uint32_t version = read_u32(envelope.header, kVersion);
  if (version != kKnownVersion) refuse(envelope, "headers of version " + std::to_string(version));
  for (const Bundle& bundle : envelope.confirming) {
    if (bundle.operations == 0) continue;
    refuse(envelope, "operations: the envelope names them by hashes only (" +
                         std::to_string(bundle.operations) + " in the bundle of node " +
                         short_id(bundle.node_id) + ")");
  }
  if (tree(Table::kCandidates).size() > 0) {
    refuse(envelope, "selection or expiry: " + std::to_string(tree(Table::kCandidates).size()) +
                         " candidates are registered");
  }
  if (digest_at(envelope.header, kCandidateRoot) != tree(Table::kCandidates).root()) {
    refuse(envelope, "registration: its candidate root is not that of the tables");
  }
  if (envelope.header.substr(kControlRoot, sizeof(Digest)) !=
      std::string_view(head_.header).substr(kControlRoot, sizeof(Digest))) {
    refuse(envelope, "another control root than the window before");
  }
}

void Node::changed(Table table, uint32_t number) {
  const size_t size = record_bytes(table);
  const std::string_view record = std::string_view(records(table)).substr(number * size, size);
  tree(table).put(digest_at(record, 0), leaf_hash(record));
}

void Node::pay_winner(const Envelope& envelope) {
  const Digest winner = digest_at(envelope.header, kWinnerId);
  const auto node = tree(Table::kNodes).find(winner);
  if (!node) {
    refuse(envelope, "a winner that is not in the node table: " + short_id(bytes_of(winner)));
  }
  const Digest owner = digest_at(records(Table::kNodes), *node * kNodeBytes + kNodeOperator);
  const auto account = tree(Table::kAccounts).find(owner);
  if (!account) {
    refuse(envelope, "an operator that has no account: " + short_id(bytes_of(owner)) +
                         " (a live node panics here)");
  }
  std::string& all = records(Table::kAccounts);
  const size_t low = *account * kAccountBytes + kAccountBalance;
  const uint64_t before = read_u64(all, low);
  add_u64(all, low, kEmission);
  const bool carries = before > UINT64_MAX - kEmission;
  if (carries && read_u64(all, low + 8) == UINT64_MAX) {
    refuse(envelope, "a balance beyond 128 bits, of account " + short_id(bytes_of(owner)) +
                         " (a live node panics here)");
  }
  if (carries) add_u64(all, low + 8, 1);
  changed(Table::kAccounts, *account);
}

void Node::confirm(const Envelope& envelope) {
  std::string& all = records(Table::kNodes);
  for (const Bundle& bundle : envelope.confirming) {
    if (bundle.window + 1 != envelope.window) {
      refuse(envelope, "a bundle of window " + std::to_string(bundle.window) +
                           " among those of the window before");
    }
    const auto node = tree(Table::kNodes).find(digest_at(bundle.node_id, 0));
    if (!node) {
      refuse(envelope, "a confirmer that is not in the node table: " + short_id(bundle.node_id));
    }
    if (std::exchange(confirmed_at_[*node], envelope.window) == envelope.window) {
      refuse(envelope, "two bundles of node " + short_id(bundle.node_id));
    }
    add_u64(all, *node * kNodeBytes + kNodeChainLength, 1);
    write_number(all.data() + *node * kNodeBytes + kNodeLastConfirmation, envelope.window, 8);
    changed(Table::kNodes, *node);
  }
}

// The oldest checkpoint goes, the chain's length becomes the newest, and what the chain has gained
// since the one that is now the oldest is the node's weight in the lottery of the next τ₂.
void Node::rotate_checkpoints(const Envelope& envelope) {
  constexpr size_t kKept = (kNodeCheckpointCount - 1) * sizeof(uint64_t);
  std::string& all = records(Table::kNodes);
  for (size_t at = 0; at < all.size(); at += kNodeBytes) {
    char* const checkpoints = all.data() + at + kNodeCheckpoints;
    const uint64_t length = read_u64(all, at + kNodeChainLength);
    std::memmove(checkpoints, checkpoints + sizeof(uint64_t), kKept);
    write_number(checkpoints + kKept, length, 8);
    const uint64_t oldest = read_u64(all, at + kNodeCheckpoints);
    if (oldest > length) {
      refuse(envelope, "a checkpoint beyond the chain of node " +
                           short_id(std::string_view(all).substr(at, kIdBytes)) +
                           " (a live node panics here)");
    }
    write_number(all.data() + at + kNodeSnapshot, length - oldest, 8);
    changed(Table::kNodes, static_cast<uint32_t>(at / kNodeBytes));
  }
}

}  // namespace recrank::montana
