// libarchive's reader with one owner, errors as Error.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "snapshot/io/packed_source.h"

struct archive;
struct archive_entry;

namespace recrank {

struct ArchiveEntry {
  std::string name;      // as it stands in the archive; empty in a file that is only compressed
  bool regular = false;  // neither a directory, a link nor a device
  std::string hard_link = {};  // the earlier entry whose content it has; empty: its own
};

// Reads gzip, bzip2, zstd or xz around a tar or zip archive or around any other file. Starts no
// programs. One thread at a time. Damage is kInvalidData "<shown>: entry …: … (byte N)".
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& file, std::string shown);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // The next entry; nullopt at the end.
  [[nodiscard]] std::optional<ArchiveEntry> next();
  // True once next() found one compressed file instead of an archive. What is neither throws there.
  [[nodiscard]] bool only_compressed() const;

  struct Piece {
    std::string_view bytes;  // dies with the next call
    uint64_t offset = 0;     // in the entry; places may be left out
  };
  // The next bytes of the entry; nullopt at its end.
  [[nodiscard]] std::optional<Piece> read();
  // The size of the entry, where the archive says it.
  [[nodiscard]] std::optional<uint64_t> entry_size() const;

 private:
  friend struct ArchiveCallbacks;
  void check(int code, const char* function);
  void require_end_mark() const;

  PackedSource source_;
  std::exception_ptr pending_;  // thrown inside a callback, to be passed on behind libarchive
  archive* archive_ = nullptr;
  archive_entry* entry_ = nullptr;
  std::string name_;
};

}  // namespace recrank
