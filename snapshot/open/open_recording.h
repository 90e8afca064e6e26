// From a path to a Recording, whatever lies there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "snapshot/recording.h"

namespace recrank {

// Recognises the kind of `path` by its content, never by its name:
//   * a SQLite swing-store, an LMDB kernel database, a capsule, a slog, an .sst, a journal: the
//     file itself;
//   * a directory: the one recording found in it or below (a node's data directory, a kernel
//     directory, an export). Several: kUsage that lists them;
//   * any of them compressed (.gz .bz2 .zst .xz) or in a .tar.*: unpacked into a scratch directory
//     that lives as long as the Recording.
// The evidence is not changed: no lock file, no journal, no time stamp. A database that a live
// process has open is copied consistently first.
// Throws kIo when the path cannot be read, kInvalidData when it is not a recording or is damaged.
[[nodiscard]] std::unique_ptr<Recording> open_recording(const std::filesystem::path& path);

// A log that lies in the same directory or archive as a recording, and tells of the same history
// what a database does not hold: in which crank a step was done, and what killed a vat.
struct Companion {
  std::filesystem::path path;  // may be packed
  std::string shown;           // what reports call it
};

// A recording and what lies beside it. Companions are not looked into before they are opened, by
// open_recording(companion.path), and only while `recording` lives.
struct Evidence {
  std::unique_ptr<Recording> recording;
  std::vector<Companion> companions;  // in the order of their paths; none of a file that was named
};
[[nodiscard]] Evidence open_evidence(const std::filesystem::path& path);

}  // namespace recrank
