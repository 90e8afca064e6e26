// `recrank capture`: what a stopped or crashed node left behind, as one archive, before it is
// wiped. The archive: docs/evidence.md. It is itself a recording, of whatever system the node is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "snapshot/capture/capture_walk.h"

namespace recrank {

// The program that the node ran, as far as it was asked. Its bytes identify it.
struct BinaryIdentity {
  std::string name;  // without its directory
  std::string sha256;
  uint64_t bytes = 0;
  std::vector<std::string> words;  // what it says of its version; empty: it says nothing
};

struct CaptureRequest {
  std::filesystem::path source;       // a directory
  std::filesystem::path destination;  // must not be there, and not lie in `source`
  std::optional<BinaryIdentity> binary;
  bool leave_out_suspects = false;    // logs and recordings with what looks like a key as well
  std::filesystem::path binary_file;  // put into the archive as well; empty: only its identity is
};

struct CapturedNode {
  CaptureWalk walk;
  std::string
      holds;  // what open_recording() finds in it: "henyey-db node/mainnet.db"; or why nothing
  bool recording = false;    // it finds one
  uint64_t bytes = 0;        // of all files
  uint64_t equal_bytes = 0;  // of these, in files that equal another one: stored once
  uint64_t hole_bytes = 0;   // and in runs of zeroes: not stored
  uint64_t archive_bytes = 0;
  std::string archive_sha256;
};

// The archive appears whole or not at all, after it was read back and every file in it had the hash
// that its manifest says, and only its owner may read it. Nothing in `source` is changed. The same
// files give the same bytes. Throws kUsage for a wrong request, kInvalidData when there is no file
// to capture, kIo for the machine: also when a file is changed while it is read.
[[nodiscard]] CapturedNode capture_node(const CaptureRequest& request, const Interrupt& interrupt);

}  // namespace recrank
