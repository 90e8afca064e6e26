// Format: docs/formats/kerneldb-lmdb-2021.md (LMDB pages)
#include "snapshot/lmdb/lmdb_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/little_endian.h"
#include "base/text.h"
#include "snapshot/lmdb/lmdb_meta.h"

namespace recrank {
namespace {

constexpr size_t kPageNumberBytes = 8;
constexpr uint16_t kDepthMax = 32;  // CURSOR_STACK of liblmdb

constexpr uint16_t kPageKinds = 0x6F;  // branch leaf overflow meta leaf2 subpage

constexpr uint16_t kNodeTree = 0x02;  // the value is the root of a named tree

// One node of a page. Views into the page.
struct Node {
  uint16_t flags = 0;
  std::string_view key;
  std::string_view data;  // leaf: the value, or the overflow page's number
  uint64_t data_size = 0;
  uint64_t child = 0;  // branch: the page below
};

using Bound = std::optional<std::string>;

class Walk {
 public:
  Walk(int fd, std::string_view shown, const LmdbMeta& meta)
      : fd_(fd), shown_(shown), page_size_(meta.page_size), last_page_(meta.last_page) {
    pages_in_file_ = file_size(fd, shown) / page_size_;
    seen_.resize(std::min(pages_in_file_, last_page_ + 1));
    mark(0, 0);
    mark(1, 1);
  }

  // Walks one tree; named trees found in it are put into `named`, unless it is null.
  void tree(const LmdbTree& tree, const std::string& name,
            std::vector<std::pair<std::string, LmdbTree>>* named);
  [[nodiscard]] uint64_t pages_read() const { return pages_read_; }
  [[nodiscard]] std::string first_key(const LmdbTree& tree);

 private:
  struct Level {
    uint16_t left = 0;  // levels below
    Bound low = {};     // keys are not below this one
    Bound high = {};    // keys are below this one
  };

  [[noreturn]] void fail(uint64_t page, const std::string& what) const;
  void mark(uint64_t page, uint64_t from);
  std::string read_page(uint64_t page, uint64_t from, size_t size);
  void page(uint64_t number, uint64_t from, const Level& level);
  void branch(uint64_t number, std::string_view bytes, size_t count, const Level& level);
  void leaf(uint64_t number, std::string_view bytes, size_t count, const Level& level);
  [[nodiscard]] Node node(uint64_t number, std::string_view bytes, size_t index,
                          bool is_leaf) const;
  void overflow(uint64_t number, const Node& node);
  void check_order(uint64_t number, std::string_view key, const Bound& low, const Bound& high,
                   bool low_may_equal) const;

  int fd_;
  std::string_view shown_;
  uint64_t page_size_;
  uint64_t last_page_;
  uint64_t pages_in_file_ = 0;
  uint64_t pages_read_ = 0;
  std::vector<bool> seen_;
  uint64_t entries_ = 0;  // of the tree that is walked
  std::vector<std::pair<std::string, LmdbTree>>* named_ = nullptr;
};

void Walk::fail(uint64_t page, const std::string& what) const {
  throw Error(ErrorCode::kInvalidData, std::string(shown_) + ": page " + std::to_string(page) +
                                           " (byte " + std::to_string(page * page_size_) +
                                           "): " + what);
}

void Walk::mark(uint64_t page, uint64_t from) {
  if (page > last_page_) {
    fail(from, "points to page " + std::to_string(page) + "; the last one is " +
                   std::to_string(last_page_));
  }
  if (page >= pages_in_file_) {
    fail(page, "missing: the file ends after " + std::to_string(pages_in_file_) + " whole pages");
  }
  if (seen_[page]) fail(page, "in use twice, the second time from page " + std::to_string(from));
  seen_[page] = true;
}

std::string Walk::read_page(uint64_t page, uint64_t from, size_t size) {
  mark(page, from);
  std::string bytes(size, '\0');
  read_exactly_at(fd_, bytes.data(), size, page * page_size_, shown_);
  ++pages_read_;
  if (read_u64(bytes, 0) != page) {
    fail(page,
         "holds the number " + std::to_string(read_u64(bytes, 0)) +
             (bytes.find_first_not_of('\0') == std::string::npos ? " (a page of zeroes)" : ""));
  }
  return bytes;
}

void Walk::tree(const LmdbTree& tree, const std::string& name,
                std::vector<std::pair<std::string, LmdbTree>>* named) {
  const std::string title = name.empty() ? "the main tree" : "tree '" + printable(name, 100) + "'";
  if (tree.flags != 0) {
    throw Error(ErrorCode::kUnsupported, std::string(shown_) + ": " + title + " has flags " +
                                             std::to_string(tree.flags) +
                                             ": only plain key order is supported");
  }
  entries_ = 0;
  named_ = named;
  if (tree.root != kLmdbNoPage) {
    if (tree.depth < 1 || tree.depth > kDepthMax) {
      fail(tree.root, title + " has depth " + std::to_string(tree.depth));
    }
    page(tree.root, name.empty() ? 0 : tree.root, {.left = static_cast<uint16_t>(tree.depth - 1)});
  }
  if (entries_ != tree.entries) {
    fail(tree.root == kLmdbNoPage ? 0 : tree.root, title + " holds " + std::to_string(entries_) +
                                                       " entries, its record says " +
                                                       std::to_string(tree.entries));
  }
}

std::string Walk::first_key(const LmdbTree& tree) {
  uint64_t number = tree.root;
  for (uint16_t left = std::min(tree.depth, kDepthMax); left > 0 && number != kLmdbNoPage; --left) {
    const std::string bytes = read_page(number, number, page_size_);
    const size_t lower = read_u16(bytes, 12);
    if (lower < kPageHeadBytes + 2 || lower > page_size_) fail(number, "no nodes");
    const Node first = node(number, bytes, 0, left == 1);
    if (left == 1) return std::string(first.key);
    number = first.child;
  }
  return "";
}

void Walk::page(uint64_t number, uint64_t from, const Level& level) {
  const std::string bytes = read_page(number, from, page_size_);
  const auto kind = static_cast<uint16_t>(read_u16(bytes, 10) & kPageKinds);
  const uint16_t expected = level.left == 0 ? kPageLeaf : kPageBranch;
  if (kind != expected) {
    fail(number, "flags " + std::to_string(kind) + ", expected a " +
                     (level.left == 0 ? "leaf" : "branch") + " page");
  }
  const size_t lower = read_u16(bytes, 12);
  const size_t upper = read_u16(bytes, 14);
  if (lower < kPageHeadBytes || lower % 2 != 0 || lower > upper || upper > page_size_) {
    fail(number, "bounds " + std::to_string(lower) + " and " + std::to_string(upper) +
                     " are not inside the page");
  }
  const size_t count = (lower - kPageHeadBytes) / 2;
  // liblmdb asserts this.
  if (count < (level.left == 0 ? 1U : 2U)) fail(number, "too few nodes");
  if (level.left == 0) {
    leaf(number, bytes, count, level);
  } else {
    branch(number, bytes, count, level);
  }
}

Node Walk::node(uint64_t number, std::string_view bytes, size_t index, bool is_leaf) const {
  const size_t at = read_u16(bytes, kPageHeadBytes + 2 * index);
  const auto damaged = [&](const char* what) {
    fail(number, "node " + std::to_string(index) + " " + what);
  };
  if (at < read_u16(bytes, 14) || at % 2 != 0 || at + kNodeHeadBytes > bytes.size()) {
    damaged("lies outside the page");
  }
  Node node;
  const uint64_t low32 = read_u32(bytes, at);
  node.flags = read_u16(bytes, at + 4);
  const size_t key_size = read_u16(bytes, at + 6);
  const size_t room = bytes.size() - at - kNodeHeadBytes;
  if (key_size > room) damaged("has a key that leaves the page");
  node.key = bytes.substr(at + kNodeHeadBytes, key_size);
  if (!is_leaf) {
    node.child = low32 | static_cast<uint64_t>(node.flags) << 32;
    return node;
  }
  node.data_size = low32;
  const uint64_t here = (node.flags & kNodeBig) != 0 ? kPageNumberBytes : node.data_size;
  if (here > room - key_size) damaged("has a value that leaves the page");
  node.data = bytes.substr(at + kNodeHeadBytes + key_size, here);
  if (key_size == 0) damaged("has an empty key");
  return node;
}

void Walk::check_order(uint64_t number, std::string_view key, const Bound& low, const Bound& high,
                       bool low_may_equal) const {
  if ((low && (key < *low || (!low_may_equal && key == *low))) || (high && key >= *high)) {
    fail(number, "a key is out of order");
  }
}

void Walk::branch(uint64_t number, std::string_view bytes, size_t count, const Level& level) {
  Level below{.left = static_cast<uint16_t>(level.left - 1), .low = level.low, .high = {}};
  for (size_t i = 0; i < count; ++i) {
    const Node here = node(number, bytes, i, false);
    // The key of the first node is not used: everything below the second key is there.
    if (i > 0) below.low = std::string(here.key);
    if (i + 1 < count) {
      const Node next = node(number, bytes, i + 1, false);
      check_order(number, next.key, below.low, level.high, false);
      below.high = std::string(next.key);
    } else {
      below.high = level.high;
    }
    page(here.child, number, below);
  }
}

void Walk::leaf(uint64_t number, std::string_view bytes, size_t count, const Level& level) {
  Bound previous = level.low;
  for (size_t i = 0; i < count; ++i) {
    const Node here = node(number, bytes, i, true);
    check_order(number, here.key, previous, level.high, i == 0);
    previous = std::string(here.key);
    ++entries_;
    if (here.flags == kNodeBig) {
      overflow(number, here);
    } else if (here.flags == kNodeTree && named_ != nullptr && here.data.size() == kLmdbTreeBytes) {
      named_->emplace_back(std::string(here.key), decode_lmdb_tree(here.data));
    } else if (here.flags != 0) {
      fail(number, "node " + std::to_string(i) + " has flags " + std::to_string(here.flags));
    }
  }
}

void Walk::overflow(uint64_t number, const Node& node) {
  const uint64_t first = read_u64(node.data, 0);
  const std::string head = read_page(first, number, kPageHeadBytes);
  if ((read_u16(head, 10) & kPageKinds) != kPageOverflow) fail(first, "not an overflow page");
  const uint64_t pages = read_u32(head, 12);
  const uint64_t needed = (kPageHeadBytes - 1 + node.data_size) / page_size_ + 1;
  if (pages < needed || pages > last_page_ - first + 1) {
    fail(first, "an overflow run of " + std::to_string(pages) + " pages for a value of " +
                    std::to_string(node.data_size) + " bytes");
  }
  for (uint64_t i = 1; i < pages; ++i) {
    if (i < needed || first + i < pages_in_file_) mark(first + i, number);
  }
}

}  // namespace

std::string first_lmdb_key(int fd, std::string_view shown) {
  const LmdbMeta meta = read_lmdb_metas(fd, shown).newest;
  return Walk(fd, shown, meta).first_key(meta.main);
}

LmdbShape check_lmdb(int fd, std::string_view shown) {
  LmdbShape shape;
  shape.metas = read_lmdb_metas(fd, shown);
  Walk walk(fd, shown, shape.metas.newest);
  std::vector<std::pair<std::string, LmdbTree>> named;
  walk.tree(shape.metas.newest.main, "", &named);
  for (const auto& [name, tree] : named) {
    walk.tree(tree, name, nullptr);
    shape.names.push_back(name);
  }
  shape.pages_read = walk.pages_read();
  return shape;
}

}  // namespace recrank
