#include "snapshot/io/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
// What lay there may have been for one person alone.
constexpr int kFileMode = 0600;

using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

Entry new_entry(const std::string& name, uint64_t bytes) {
  Entry entry(archive_entry_new(), archive_entry_free);
  if (entry == nullptr) throw Error(ErrorCode::kIo, "out of memory for an archive's entry");
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), kFileMode);
  archive_entry_set_mtime(entry.get(), 0, 0);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
  return entry;
}

}  // namespace

// No exception may pass through libarchive's C frames.
struct WriterCallbacks {
  static la_ssize_t write(archive* handle, void* data, const void* bytes, size_t size) {
    auto& writer = *static_cast<ArchiveWriter*>(data);
    if (writer.given_up_) return static_cast<la_ssize_t>(size);
    const char* at = static_cast<const char*>(bytes);
    for (size_t left = size; left > 0;) {
      const ssize_t put = ::write(writer.fd_, at, left);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        writer.write_errno_ = errno;
        archive_set_error(handle, errno, "write");
        return -1;
      }
      at += put;
      left -= static_cast<size_t>(put);
    }
    return static_cast<la_ssize_t>(size);
  }
};

ArchiveWriter::ArchiveWriter(int fd, std::string shown)
    : fd_(fd), shown_(std::move(shown)), archive_(archive_write_new()) {
  if (archive_ == nullptr) throw Error(ErrorCode::kIo, shown_ + ": archive_write_new");
  try {
    check(archive_write_set_format_pax(archive_));
    // Names are bytes: no character set of the machine is to have a word in them.
    check(archive_write_set_format_option(archive_, "pax", "hdrcharset", "BINARY"));
    check(archive_write_add_filter_zstd(archive_));
    check(archive_write_set_bytes_in_last_block(archive_, 1));
    check(archive_write_open(archive_, this, nullptr, &WriterCallbacks::write, nullptr));
  } catch (...) {
    archive_write_free(archive_);
    throw;
  }
}

ArchiveWriter::~ArchiveWriter() {
  if (!closed_) {
    // What is not finished must not be written to its end; but what is not closed is not freed.
    given_up_ = true;
    archive_write_fail(archive_);
    archive_write_close(archive_);
  }
  archive_write_free(archive_);
}

void ArchiveWriter::check(long code) {
  if (code >= ARCHIVE_WARN) return;
  if (write_errno_ != 0) throw_errno("cannot write " + shown_, write_errno_);
  const char* const text = archive_error_string(archive_);
  throw Error(ErrorCode::kIo,
              "cannot write " + shown_ + ": " + (text != nullptr ? text : "libarchive"));
}

void ArchiveWriter::add_file(const std::string& name, uint64_t bytes,
                             std::span<const ByteRange> data, const Source& source) {
  const Entry entry = new_entry(name, bytes);
  const bool whole = data.size() == 1 && data.front() == ByteRange{0, bytes};
  if (!whole && bytes > 0) {
    for (const ByteRange& range : data) {
      archive_entry_sparse_add_entry(entry.get(), static_cast<la_int64_t>(range.begin),
                                     static_cast<la_int64_t>(range.end - range.begin));
    }
    // A file that is one hole is told by an empty range at its end.
    if (data.empty())
      archive_entry_sparse_add_entry(entry.get(), static_cast<la_int64_t>(bytes), 0);
  }
  check(archive_write_header(archive_, entry.get()));
  std::vector<char> chunk(kChunkBytes);
  uint64_t left = bytes;
  while (left > 0) {
    const size_t want = static_cast<size_t>(std::min<uint64_t>(left, chunk.size()));
    const size_t got = source(chunk.data(), want);
    if (got == 0) {
      throw Error(ErrorCode::kIo, printable(name, 300) + ": became shorter while it was read");
    }
    for (size_t put = 0; put < got;) {
      const la_ssize_t taken = archive_write_data(archive_, chunk.data() + put, got - put);
      check(taken);
      if (taken == 0) throw Error(ErrorCode::kIo, "cannot write " + shown_ + ": nothing is taken");
      put += static_cast<size_t>(taken);
    }
    left -= got;
  }
  check(archive_write_finish_entry(archive_));
}

void ArchiveWriter::add_text(const std::string& name, const std::string& text) {
  const std::vector<ByteRange> all{{0, text.size()}};
  size_t at = 0;
  add_file(name, text.size(), all, [&](char* data, size_t size) {
    const size_t got = text.copy(data, size, at);
    at += got;
    return got;
  });
}

void ArchiveWriter::add_same(const std::string& name, const std::string& earlier) {
  const Entry entry = new_entry(name, 0);
  archive_entry_set_hardlink(entry.get(), earlier.c_str());
  check(archive_write_header(archive_, entry.get()));
}

void ArchiveWriter::finish() {
  closed_ = true;
  check(archive_write_close(archive_));
}

}  // namespace recrank
