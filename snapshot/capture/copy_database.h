// `recrank snapshot`: the kernel database of a node, copied while the node may be running.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace recrank {

struct DatabaseCopy {
  std::string kind;              // the name of its format
  std::filesystem::path source;  // the database file that was found
  uint64_t bytes = 0;            // size of the copy; less on disk, where it is sparse
  bool live = false;             // another process had it open
};

// Finds the kernel database `source` is, or the one in the directory `source` or below, and copies
// it consistently to `destination`, which appears whole or not at all, and only for its owner
// unless everybody may read the source. The source is not changed.
// Throws kUsage when `destination` exists, when there are several databases, or when what is there
// is no database but an export or a log (copy those as files); kInvalidData for damage.
DatabaseCopy copy_database(const std::filesystem::path& source,
                           const std::filesystem::path& destination);

}  // namespace recrank
