// The hash of one of a Montana node's tables: a sparse Merkle tree of 256 levels.
//
// Level l is split by bit l of the key, bit 0 at the bottom (the lowest bit of the first byte), bit
// 255 at the root. Of the 2^256 places only those that are taken are kept, and of the branches only
// those with two sides taken: what lies between two of them is hashed with the roots of empty
// subtrees. After a change only the branches above it are hashed anew, some 256 hashes per record.
// Rules: docs/formats/montana.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace recrank::montana {

// The hash that stands at a record's place.
[[nodiscard]] Digest leaf_hash(std::string_view record);

// A value that grows; never shrinks. Not for two threads at once. 120 bytes for each record.
class Tree {
 public:
  // Puts a record's hash at the place of its id. Returns its number: 0 for the first id that was
  // ever put, 1 for the next new one.
  uint32_t put(const Digest& id, const Digest& hash);
  [[nodiscard]] std::optional<uint32_t> find(const Digest& id) const;
  [[nodiscard]] size_t size() const { return leaves_.size(); }
  [[nodiscard]] const Digest& root();

  // The hash of each record, by number, as it stands right below its branch, 32 bytes each: nearly
  // all of the work that a root takes. A tree of the same ids that adopts them is spared it.
  [[nodiscard]] std::string standing_hashes();
  // As many as there are records. What is wrong in them is wrong in the root.
  void adopt(std::string_view standing_hashes);
  [[nodiscard]] uint64_t memory_bytes() const;

 private:
  // A node of the tree: a leaf by its number, or a branch with kBranch set.
  using Ref = uint32_t;
  static constexpr Ref kBranch = Ref{1} << 31;
  struct Leaf {
    Digest id;
    Digest hash;
    Digest lifted;      // as it stands right below its branch
    bool stale = true;  // `lifted` is not of `hash`
  };
  struct Branch {
    uint8_t bit = 0;  // which bit of the ids splits it
    Ref sides[2] = {0, 0};
    uint32_t sample = 0;  // any leaf below
    Digest lifted{};
    bool stale = true;
  };

  [[nodiscard]] const Digest& id_below(Ref ref) const;
  // The hash of `ref` as it stands at height `to`: 256 is the root.
  [[nodiscard]] const Digest& lifted(Ref ref, unsigned to);
  [[nodiscard]] uint32_t leaf_toward(const Digest& id) const;
  void mark_stale(const Digest& id);
  void insert(const Digest& id, Ref leaf, unsigned bit);

  std::vector<Leaf> leaves_;
  std::vector<Branch> branches_;
  Ref top_ = 0;  // where there is any leaf
  Digest root_{};
};

}  // namespace recrank::montana
