// SQLite opens its files by name. In a directory that somebody may be changing, the name of a
// database may be that of a link to another place by then.
#pragma once

#include <filesystem>

#include "base/beneath.h"

namespace recrank {

// While it lives, whatever SQLite opens in this thread lies in `directory`, reached through no
// symbolic link and only for reading, or in `scratch`, which is ours. All else cannot be opened.
// One at a time in a thread.
class SqliteBeneath {
 public:
  SqliteBeneath(const Beneath& directory, std::filesystem::path scratch);
  ~SqliteBeneath();
  SqliteBeneath(const SqliteBeneath&) = delete;
  SqliteBeneath& operator=(const SqliteBeneath&) = delete;

  // Where SQLite has to look for a file of the directory.
  [[nodiscard]] std::filesystem::path name_of(const std::filesystem::path& path) const;

 private:
  friend int open_for_sqlite(const char* name, int flags, int mode);
  [[nodiscard]] int open(const std::filesystem::path& name, int flags, int mode) const;

  const Beneath& directory_;
  std::filesystem::path root_;
  std::filesystem::path scratch_;
};

// What a layer below SQLite calls instead of open(2).
[[nodiscard]] int open_for_sqlite(const char* name, int flags, int mode);

}  // namespace recrank
