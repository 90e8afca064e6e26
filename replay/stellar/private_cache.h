// The cache that an engine is given in place of the user's, which stays as it is.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/scratch_dir.h"

namespace recrank::stellar {

// Of a cache.
inline constexpr const char* kBucketsFolder = "buckets";
inline constexpr const char* kInputFolder = "cdp";

// A directory that shows what `cache` holds and takes what the program writes: each ledger's new
// buckets, the outputs of merges, indexes. The program never opens a file that is there for
// writing; it writes new ones and renames them. So symbolic links are enough: a rename puts a file
// in place of the link, and through a link nothing is written, since the sandbox lets the program
// write below path() alone. Inputs are linked as a whole, for there may be many, and without a
// network the program has none to add.
class PrivateCache {
 public:
  // Throws kIo.
  explicit PrivateCache(const std::filesystem::path& cache);

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

 private:
  ScratchDir directory_;
};

}  // namespace recrank::stellar
