// A file that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/fd.h"

namespace recrank {

// Writes to a temporary file beside `path`; commit() makes it durable and renames it into place.
// Without commit() the destructor removes the temporary, so that no half-written file is ever seen
// under the final name. Every failure is a kIo Error that names `path`. One thread at a time.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // For writers that want a name (sqlite3_backup, mdb_env_copy).
  [[nodiscard]] const std::filesystem::path& temporary_path() const { return temporary_; }
  void write(std::string_view bytes);
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  UniqueFd fd_;
  bool committed_ = false;
};

}  // namespace recrank
