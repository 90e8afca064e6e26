// One file that is captured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/beneath.h"
#include "base/interrupt.h"
#include "snapshot/io/archive_writer.h"

namespace recrank {

struct CaptureFile {
  std::string path;            // below the directory
  bool evidence = false;       // a log or a recording
  std::filesystem::path copy;  // of a database in use: what is read instead of it; else empty
  uint64_t bytes = 0;
  std::string sha256;
  std::vector<ByteRange> data;  // all but its longer runs of zero bytes
};

// Puts into `file` the size, the hash and the ranges of what `fd` holds, and returns its beginning,
// up to `head_bytes`. Throws kIo when interrupted.
[[nodiscard]] std::string measure(CaptureFile& file, int fd, size_t head_bytes,
                                  const Interrupt& interrupt);

// Opens again what was measured. What it then holds is held against the hash by whoever reads it.
// Throws kIo when it is not there any more.
[[nodiscard]] UniqueFd open_captured(const Beneath& directory, const CaptureFile& file);

}  // namespace recrank
