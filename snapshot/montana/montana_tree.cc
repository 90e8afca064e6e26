// Rules: docs/formats/montana.md
#include "snapshot/montana/montana_tree.h"

#include <array>
#include <bit>

#include "base/check.h"
#include "base/error.h"
#include "snapshot/montana/montana_format.h"

namespace recrank::montana {
namespace {

constexpr unsigned kLevels = 256;

Digest join(const Digest& left, const Digest& right) {
  return tagged_hash("mt-merkle-node", bytes_of(left), bytes_of(right));
}

// The root of an empty subtree of each height.
const std::array<Digest, kLevels + 1>& empty_roots() {
  static const auto roots = [] {
    std::array<Digest, kLevels + 1> all{};
    for (unsigned i = 0; i < kLevels; ++i) all[i + 1] = join(all[i], all[i]);
    return all;
  }();
  return roots;
}

bool bit_of(const Digest& id, unsigned bit) { return (id[bit / 8] >> (bit % 8) & 1) != 0; }

// The highest bit in which two ids differ; nullopt: they are one.
std::optional<unsigned> highest_difference(const Digest& a, const Digest& b) {
  for (unsigned i = kIdBytes; i-- > 0;) {
    const auto difference = static_cast<unsigned char>(a[i] ^ b[i]);
    if (difference != 0) return 8 * i + 7 - static_cast<unsigned>(std::countl_zero(difference));
  }
  return std::nullopt;
}

// A subtree of height `from` that is alone in the one of height `to`.
Digest lift(Digest hash, const Digest& id, unsigned from, unsigned to) {
  for (unsigned level = from; level < to; ++level) {
    const Digest& empty = empty_roots()[level];
    hash = bit_of(id, level) ? join(empty, hash) : join(hash, empty);
  }
  return hash;
}

}  // namespace

Digest leaf_hash(std::string_view record) { return tagged_hash("mt-merkle-leaf", record); }

const Digest& Tree::id_below(Ref ref) const {
  return leaves_[(ref & kBranch) != 0 ? branches_[ref & ~kBranch].sample : ref].id;
}

uint32_t Tree::leaf_toward(const Digest& id) const {
  Ref at = top_;
  while ((at & kBranch) != 0) {
    const Branch& branch = branches_[at & ~kBranch];
    at = branch.sides[bit_of(id, branch.bit) ? 1 : 0];
  }
  return at;
}

std::optional<uint32_t> Tree::find(const Digest& id) const {
  if (leaves_.empty()) return std::nullopt;
  const uint32_t leaf = leaf_toward(id);
  if (leaves_[leaf].id != id) return std::nullopt;
  return leaf;
}

void Tree::mark_stale(const Digest& id) {
  Ref at = top_;
  while ((at & kBranch) != 0) {
    Branch& branch = branches_[at & ~kBranch];
    branch.stale = true;
    at = branch.sides[bit_of(id, branch.bit) ? 1 : 0];
  }
  leaves_[at].stale = true;
}

// Hangs a new leaf in above the first node that is split by a lower bit.
void Tree::insert(const Digest& id, Ref leaf, unsigned bit) {
  Ref at = top_;
  Ref* place = &top_;
  while ((at & kBranch) != 0 && branches_[at & ~kBranch].bit > bit) {
    place = &branches_[at & ~kBranch].sides[bit_of(id, branches_[at & ~kBranch].bit) ? 1 : 0];
    at = *place;
  }
  // What hangs below it stands at another height from now on.
  if ((at & kBranch) != 0) branches_[at & ~kBranch].stale = true;
  else leaves_[at].stale = true;
  Branch branch;
  branch.bit = static_cast<uint8_t>(bit);
  branch.sides[bit_of(id, bit) ? 1 : 0] = leaf;
  branch.sides[bit_of(id, bit) ? 0 : 1] = at;
  branch.sample = leaf;
  *place = static_cast<Ref>(branches_.size()) | kBranch;  // before the vector may move
  branches_.push_back(branch);
}

uint32_t Tree::put(const Digest& id, const Digest& hash) {
  const auto number = static_cast<uint32_t>(leaves_.size());
  if (number > 0) {
    const uint32_t nearest = leaf_toward(id);
    const auto bit = highest_difference(leaves_[nearest].id, id);
    if (!bit) {
      leaves_[nearest].hash = hash;
      mark_stale(id);
      return nearest;
    }
    if (leaves_.size() >= kBranch) {
      throw Error(ErrorCode::kUnsupported, "a table of more than 2^31 records");
    }
    leaves_.push_back({id, hash, {}, true});
    insert(id, number, *bit);
  } else {
    leaves_.push_back({id, hash, {}, true});
    top_ = 0;
  }
  mark_stale(id);
  return number;
}

const Digest& Tree::lifted(Ref ref, unsigned to) {
  if ((ref & kBranch) == 0) {
    Leaf& leaf = leaves_[ref];
    if (leaf.stale) leaf.lifted = lift(leaf.hash, leaf.id, 0, to);
    leaf.stale = false;
    return leaf.lifted;
  }
  Branch& branch = branches_[ref & ~kBranch];
  if (branch.stale) {
    // As deep as there are bits: each branch is split by a lower one than that above it.
    const Digest own =
        join(lifted(branch.sides[0], branch.bit), lifted(branch.sides[1], branch.bit));
    branch.lifted = lift(own, id_below(ref), branch.bit + 1U, to);
  }
  branch.stale = false;
  return branch.lifted;
}

const Digest& Tree::root() {
  if (leaves_.empty()) {
    root_ = empty_roots()[kLevels];
  } else {
    root_ = lifted(top_, kLevels);
  }
  return root_;
}

std::string Tree::standing_hashes() {
  static_cast<void>(root());
  std::string hashes;
  hashes.reserve(leaves_.size() * sizeof(Digest));
  for (const Leaf& leaf : leaves_) hashes += bytes_of(leaf.lifted);
  return hashes;
}

void Tree::adopt(std::string_view standing_hashes) {
  RECRANK_CHECK(standing_hashes.size() == leaves_.size() * sizeof(Digest));
  for (size_t i = 0; i < leaves_.size(); ++i) {
    leaves_[i].lifted = digest_at(standing_hashes, i * sizeof(Digest));
    leaves_[i].stale = false;
  }
}

uint64_t Tree::memory_bytes() const {
  return leaves_.capacity() * sizeof(Leaf) + branches_.capacity() * sizeof(Branch);
}

}  // namespace recrank::montana
