// Compressed and archived evidence.
#pragma once

#include <filesystem>
#include <string>

#include "base/scratch_dir.h"
#include "snapshot/open/recognise.h"

namespace recrank {

struct Unpacked {
  ScratchDir scratch;
  std::filesystem::path path;  // in `scratch`: the file, or the directory with what was extracted
  bool archive = false;        // `path` is the directory
};

// Unpacks `file` into a scratch directory: one compressed file, or what can be evidence from an
// archive. Blocks of zeroes become holes. Nothing is written outside the scratch directory:
// symbolic links, absolute names and names with ".." are refused, the number of entries and, by the
// free space of the disk, their size are bounded. Checksums of the packed form are checked. `shown`
// names the file. Throws kInvalidData that names the entry and the place in the packed file for
// damage, kIo when the disk would become full.
[[nodiscard]] Unpacked unpack(const std::filesystem::path& file, const std::string& shown);

// What a compressed file holds, by its first bytes; nothing known when it cannot be unpacked.
[[nodiscard]] Recognised peek_compressed(const std::filesystem::path& file);

}  // namespace recrank
