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
#include "snapshot/capture/capture_file.h"

namespace recrank {

struct PassedOver {
  std::string path;
  std::string why;
  std::string rule = {};  // of snapshot/secrets
  uint64_t line = 0;      // where, if it is known
};

struct CaptureWalk {
  std::shared_ptr<const Beneath> directory;
  std::vector<CaptureFile> files;   // sorted by path, as bytes
  std::vector<PassedOver> secrets;  // left out by rule (snapshot/secrets)
  // Kept all the same, because it is what a replay needs: who sends it has to look at it first.
  std::vector<PassedOver> suspects;
  size_t evidence_left_out = 0;     // of `secrets`: what would have been a suspect
  std::vector<PassedOver> skipped;  // links, devices, sockets, the companions of a copied database
  std::vector<PassedOver> unreadable;  // evidence that is missing
  std::vector<ScratchDir> scratch;     // holds the copies
};

// Reads every file once: what it is judged by, its size and its hash are of the same bytes.
// Symbolic links are not followed, also not when somebody puts them there meanwhile. A database
// that a process has open is copied consistently first; one of a dead process is taken as it is,
// with its companions. Logs and recordings that hold what looks like a key are kept, and told; with
// `leave_out_suspects` they are left out as well. Throws kIo when interrupted, and when a database
// in use cannot be copied, which is then the one that matters.
[[nodiscard]] CaptureWalk walk_for_capture(const std::filesystem::path& directory,
                                           bool leave_out_suspects, const Interrupt& interrupt);

}  // namespace recrank
