// What lies in a directory that is to be captured, and what of it is left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "base/scratch_dir.h"
#include "snapshot/io/archive_writer.h"

namespace recrank {

struct CaptureFile {
  std::string path;              // below the directory
  std::filesystem::path source;  // what is read: the file itself, or a copy of a database in use
  bool copied = false;           // `source` is such a copy
  uint64_t bytes = 0;
  std::string sha256;
  std::vector<ByteRange> data;  // all but its longer runs of zero bytes
};

struct PassedOver {
  std::string path;
  std::string why;
};

struct CaptureWalk {
  std::vector<CaptureFile> files;   // sorted by path, as bytes
  std::vector<PassedOver> secrets;  // left out by rule (capture_rules.h)
  std::vector<PassedOver> skipped;  // links, devices, sockets, the companions of a copied database
  std::vector<PassedOver> unreadable;  // evidence that is missing
  std::vector<ScratchDir> scratch;     // holds the copies
};

// Reads every file once, for its hash. Symbolic links are not followed. A database that a process
// has open is copied consistently first; one of a dead process is taken as it is, with its
// companions. Throws kIo when interrupted, and when a database in use cannot be copied, which is
// then the one that matters.
[[nodiscard]] CaptureWalk walk_for_capture(const std::filesystem::path& directory,
                                           const Interrupt& interrupt);

}  // namespace recrank
