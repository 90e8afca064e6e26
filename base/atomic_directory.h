// A directory that appears whole or not at all.
#pragma once

#include <filesystem>

#include "base/unfinished.h"

namespace recrank {

// Made beside `final_path` under a name of its own; commit() renames it into place, and never over
// something that is there. Without commit() the destructor removes it with all its content. Files
// in it are made durable by whoever writes them (AtomicFile). Every failure is a kIo Error that
// names `final_path`; something already there is kUsage. One thread at a time.
class AtomicDirectory {
 public:
  explicit AtomicDirectory(std::filesystem::path final_path);

  // Where to put its files. As deep as the final one, so that relative paths out of it hold in
  // both.
  [[nodiscard]] const std::filesystem::path& path() const { return unfinished_.path(); }
  void commit();

 private:
  std::filesystem::path final_;
  UnfinishedDirectory unfinished_;
};

}  // namespace recrank
