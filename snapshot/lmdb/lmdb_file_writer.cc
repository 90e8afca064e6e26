// Format: docs/formats/kerneldb-lmdb-2021.md ("LMDB pages")
#include "snapshot/lmdb/lmdb_file_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/little_endian.h"
#include "snapshot/lmdb/lmdb_meta.h"

namespace recrank {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kOffsetBytes = 2;
constexpr size_t kKeyBytesMax = 511;
// Larger nodes go to an overflow run: me_nodemax of liblmdb 0.9 (two keys must fit into a page).
constexpr size_t kNodeBytesMax = (((kPageBytes - kPageHeadBytes) / 2) & ~size_t{1}) - kOffsetBytes;

constexpr uint16_t kPageMeta = 0x08;
constexpr uint16_t kFreeListFlags = 0x08;  // MDB_INTEGERKEY, as liblmdb sets it

void set_number(std::string& bytes, size_t at, uint64_t value, size_t size) {
  write_number(bytes.data() + at, value, size);
}

std::string page_head(uint64_t number, uint16_t flags, uint64_t bounds) {
  std::string head(kPageHeadBytes, '\0');
  set_number(head, 0, number, 8);
  set_number(head, 10, flags, 2);
  set_number(head, 12, bounds, 4);
  return head;
}

// One branch or leaf page: offsets grow from the head, nodes from the end.
class PageBuilder {
 public:
  [[nodiscard]] bool fits(size_t node_bytes) const {
    return lower_ + kOffsetBytes + padded(node_bytes) <= upper_;
  }
  // `head` holds the first six bytes of the node.
  void add(uint64_t head, std::string_view key, std::string_view data) {
    const size_t bytes = kNodeHeadBytes + key.size() + data.size();
    RECRANK_CHECK(fits(bytes));
    upper_ -= padded(bytes);
    set_number(page_, lower_, upper_, kOffsetBytes);
    lower_ += kOffsetBytes;
    set_number(page_, upper_, head, 6);
    set_number(page_, upper_ + 6, key.size(), 2);
    page_.replace(upper_ + kNodeHeadBytes, key.size(), key);
    page_.replace(upper_ + kNodeHeadBytes + key.size(), data.size(), data);
  }
  [[nodiscard]] std::string take(uint64_t number, uint16_t flags) {
    page_.replace(0, kPageHeadBytes, page_head(number, flags, lower_ | upper_ << 16));
    return std::move(page_);
  }

 private:
  static size_t padded(size_t bytes) { return bytes + bytes % 2; }

  std::string page_ = std::string(kPageBytes, '\0');
  size_t lower_ = kPageHeadBytes;
  size_t upper_ = kPageBytes;
};

}  // namespace

LmdbFileWriter::LmdbFileWriter(int fd, std::string name, std::string_view mark)
    : fd_(fd), name_(std::move(name)), mark_(mark) {
  write_at_end(std::string(2 * kPageBytes, '\0'));  // the meta pages
}

void LmdbFileWriter::write_at_end(std::string_view bytes) { write_all(fd_, bytes, name_); }

void LmdbFileWriter::write_at(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw_errno("cannot write " + name_, errno);
    offset += static_cast<uint64_t>(done);
    bytes.remove_prefix(static_cast<size_t>(done));
  }
}

void LmdbFileWriter::put(std::string key, std::string_view value) {
  append(value);
  end_value(std::move(key));
}

void LmdbFileWriter::begin_run() {
  run_page_ = next_page_;
  write_at_end(std::string(kPageHeadBytes, '\0'));
  write_at_end(small_);
  run_bytes_ = small_.size();
  small_.clear();
}

void LmdbFileWriter::append(std::string_view piece) {
  if (run_page_ == 0) {
    // Which key it gets is not known yet; a run in place of a small value does no harm.
    if (kNodeHeadBytes + kKeyBytesMax + small_.size() + piece.size() <= kNodeBytesMax) {
      small_ += piece;
      return;
    }
    begin_run();
  }
  write_at_end(piece);
  run_bytes_ += piece.size();
}

void LmdbFileWriter::end_value(std::string key) {
  RECRANK_CHECK(!key.empty() && key.size() <= kKeyBytesMax);
  Record record{std::move(key), std::move(small_), run_page_, run_bytes_};
  small_.clear();
  if (run_page_ == 0) {
    record.size = record.value.size();
  } else {
    if (run_bytes_ > UINT32_MAX) {
      throw Error(ErrorCode::kUnsupported, name_ + ": a value of more than 4 GiB");
    }
    const uint64_t pages = (kPageHeadBytes - 1 + run_bytes_) / kPageBytes + 1;
    write_at_end(std::string(pages * kPageBytes - kPageHeadBytes - run_bytes_, '\0'));
    write_at(run_page_ * kPageBytes, page_head(run_page_, kPageOverflow, pages));
    next_page_ += pages;
    overflow_pages_ += pages;
  }
  run_page_ = 0;
  run_bytes_ = 0;
  records_.push_back(std::move(record));
}

std::vector<LmdbFileWriter::Child> LmdbFileWriter::write_leaves() {
  std::vector<Child> leaves;
  PageBuilder page;
  const auto flush = [&] {
    write_at_end(page.take(next_page_++, kPageLeaf));
    ++leaf_pages_;
    page = PageBuilder();
  };
  for (const Record& record : records_) {
    std::string data = record.value;
    if (record.page != 0) {
      data.assign(8, '\0');
      set_number(data, 0, record.page, 8);
    }
    if (!page.fits(kNodeHeadBytes + record.key.size() + data.size())) flush();
    if (leaves.empty() || leaves.back().page != next_page_)
      leaves.push_back({record.key, next_page_});
    const uint64_t flags = record.page == 0 ? 0 : uint64_t{kNodeBig};
    page.add(record.size | flags << 32, record.key, data);
  }
  if (!records_.empty()) flush();
  return leaves;
}

std::vector<LmdbFileWriter::Child> LmdbFileWriter::write_branches(const std::vector<Child>& below) {
  std::vector<Child> branches;
  size_t next = 0;
  while (next < below.size()) {
    PageBuilder page;
    branches.push_back({below[next].key, next_page_});
    page.add(below[next++].page, {}, {});  // the first key of a branch is not used
    while (next < below.size() && page.fits(kNodeHeadBytes + below[next].key.size())) {
      // A branch needs two nodes: the last but one leaves its last node to the last.
      const bool one_left = next + 2 == below.size();
      if (one_left && !page.fits(2 * (kNodeHeadBytes + kOffsetBytes + kKeyBytesMax))) break;
      page.add(below[next].page, below[next].key, {});
      ++next;
    }
    write_at_end(page.take(next_page_++, kPageBranch));
    ++branch_pages_;
  }
  return branches;
}

void LmdbFileWriter::write_meta(uint64_t number, uint64_t root) {
  std::string page = page_head(number, kPageMeta, 0);
  page.resize(kPageBytes);
  set_number(page, kLmdbMagicOffset, kLmdbMagic, 4);
  set_number(page, 20, 1, 4);  // version
  set_number(page, 32, next_page_ * kPageBytes, 8);
  set_number(page, 40, kPageBytes, 4);
  set_number(page, 44, kFreeListFlags, 2);
  set_number(page, 80, kLmdbNoPage, 8);
  set_number(page, 94, depth_, 2);
  set_number(page, 96, branch_pages_, 8);
  set_number(page, 104, leaf_pages_, 8);
  set_number(page, 112, overflow_pages_, 8);
  set_number(page, 120, records_.size(), 8);
  set_number(page, 128, root, 8);
  set_number(page, 136, next_page_ - 1, 8);
  set_number(page, 144, number, 8);  // the transaction: the one of page 1 is the newest
  page.replace(kLmdbMetaBytes, mark_.size(), mark_);
  write_at(number * kPageBytes, page);
}

uint64_t LmdbFileWriter::finish() {
  RECRANK_CHECK(run_page_ == 0 && small_.empty());
  std::sort(records_.begin(), records_.end(),
            [](const Record& a, const Record& b) { return a.key < b.key; });
  const auto twice =
      std::adjacent_find(records_.begin(), records_.end(),
                         [](const Record& a, const Record& b) { return a.key == b.key; });
  RECRANK_CHECK(twice == records_.end());
  std::vector<Child> level = write_leaves();
  depth_ = level.empty() ? 0 : 1;
  while (level.size() > 1) {
    level = write_branches(level);
    ++depth_;
  }
  const uint64_t root = level.empty() ? kLmdbNoPage : level.front().page;
  write_meta(0, root);
  write_meta(1, root);
  return next_page_ * kPageBytes;
}

}  // namespace recrank
