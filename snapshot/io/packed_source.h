// The bytes of a packed file for libarchive, with gzip taken off and its checksums checked.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace recrank {

// libarchive 3.6 does not check the checksum behind a gzip stream
// (archive_read_support_filter_gzip.c, consume_trailer), so that layer is ours; all other formats
// go through as they stand. Several gzip members in one file are one stream. One thread at a time.
class PackedSource {
 public:
  PackedSource(UniqueFd fd, std::string shown);
  ~PackedSource();
  PackedSource(const PackedSource&) = delete;
  PackedSource& operator=(const PackedSource&) = delete;

  // The next bytes, empty at the end; they die with the next call.
  // Throws kInvalidData "<shown>: byte N: …" for a damaged gzip stream, kIo.
  [[nodiscard]] std::string_view read();
  // Only where gzip is not in the way.
  [[nodiscard]] bool can_seek() const { return !gzip_; }
  void seek(uint64_t offset) { at_ = offset; }
  [[nodiscard]] uint64_t size() const { return size_; }
  // Bytes of the packed file that were used so far.
  [[nodiscard]] uint64_t position() const { return at_ - zlib_.avail_in; }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  [[noreturn]] void fail(const std::string& what) const;
  bool refill();
  bool next_member();
  std::string_view inflate_some();

  UniqueFd fd_;
  std::string shown_;
  uint64_t size_ = 0;
  uint64_t at_ = 0;
  bool gzip_ = false;
  bool ended_ = false;  // between gzip members
  z_stream zlib_{};
  std::string in_;
  std::string out_;
};

}  // namespace recrank
