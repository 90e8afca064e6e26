// What lies in a directory that is to be captured, and what of it is left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/beneath.h"
#include "base/interrupt.h"
#include "base/scratch_dir.h"
#include "snapshot/io/archive_writer.h"

namespace recrank {

struct CaptureFile {
  std::string path;            // below the directory
  std::filesystem::path copy;  // of a database in use: what is read instead of it; else empty
  uint64_t bytes = 0;
  std::string sha256;
  std::vector<ByteRange> data;  // all but its longer runs of zero bytes
};

struct PassedOver {
  std::string path;
  std::string why;
};

struct CaptureWalk {
  std::shared_ptr<const Beneath> directory;
  std::vector<CaptureFile> files;   // sorted by path, as bytes
  std::vector<PassedOver> secrets;  // left out by rule (capture_rules.h)
  std::vector<PassedOver> skipped;  // links, devices, sockets, the companions of a copied database
  std::vector<PassedOver> unreadable;  // evidence that is missing
  std::vector<ScratchDir> scratch;     // holds the copies
};

// Reads every file once: what it is judged by, its size and its hash are of the same bytes.
// Symbolic links are not followed, also not when somebody puts them there meanwhile. A database
// that a process has open is copied consistently first; one of a dead process is taken as it is,
// with its companions. Throws kIo when interrupted, and when a database in use cannot be copied,
// which is then the one that matters.
[[nodiscard]] CaptureWalk walk_for_capture(const std::filesystem::path& directory,
                                           const Interrupt& interrupt);

// Opens again what was walked. What it then holds is held against the hash by whoever reads it.
// Throws kIo when it is not there any more.
[[nodiscard]] UniqueFd open_captured(const CaptureWalk& walk, const CaptureFile& file);

}  // namespace recrank
