// A file that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/fd.h"

namespace recrank {

// Written without a name, or where that cannot be under one of its own beside `path`
// (base/unfinished.h); commit() makes it durable and puts it into place. Without commit() nothing
// of it is left, of a process that was killed after the next write to `path`. Every failure is a
// kIo Error that names `path`. One thread at a time.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // For who needs a name: to read it before it is in place, or to write it with a library that
  // makes others beside it (sqlite3_backup). Gives it one.
  [[nodiscard]] const std::filesystem::path& temporary_path();
  void write(std::string_view bytes);
  // Over whatever is there.
  void commit();
  // kUsage when something is there.
  void commit_as_new();

 private:
  void make_named();
  void complete();
  // False: something has that name.
  [[nodiscard]] bool link_as(const std::filesystem::path& name) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: it has none
  UniqueFd fd_;
  bool committed_ = false;
};

}  // namespace recrank
