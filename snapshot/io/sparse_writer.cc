#include "snapshot/io/sparse_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace recrank {
namespace {

constexpr size_t kBlockBytes = 4096;  // what a hole is made of on the usual file systems

}  // namespace

bool is_zero(std::string_view bytes) {
  // A block equals itself moved by one byte if and only if all its bytes are alike.
  return bytes.empty() ||
         (bytes.front() == '\0' && bytes.substr(1) == bytes.substr(0, bytes.size() - 1));
}

void SparseWriter::write_at(std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    // Up to the next block border of the file.
    const size_t size = std::min<size_t>(bytes.size(), kBlockBytes - offset % kBlockBytes);
    std::string_view block = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (is_zero(block)) {
      offset += size;
      continue;
    }
    stored_bytes_ += size;
    while (!block.empty()) {
      const ssize_t put = ::pwrite(fd_, block.data(), block.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw_errno("cannot write " + name_, errno);
      block.remove_prefix(static_cast<size_t>(put));
      offset += static_cast<uint64_t>(put);
    }
  }
}

void SparseWriter::finish(uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) throw_errno("cannot write " + name_, errno);
}

}  // namespace recrank
