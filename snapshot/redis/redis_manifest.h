// Which files an append-only directory of Redis holds, and in which order their commands came.
//
//   file appendonly.aof.1.base.rdb seq 1 type b
//   file appendonly.aof.1.incr.aof seq 1 type i
//   file appendonly.aof.2.incr.aof seq 2 type i      a rewrite began, and did not end
//
// Source: redis 7.0, src/aof.c, aofLoadManifestFromFile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace recrank::redis {

// A file of commands, with the digests that somebody took of the data: by its size then.
struct Log {
  uint64_t seq = 0;
  std::filesystem::path path;
  std::map<uint64_t, std::string> digests;
};

struct Manifest {
  std::filesystem::path base;
  std::vector<Log> logs;  // in the order of their commands; one at least
};

// kInvalidData, with the remedy, where a base RDB file or the commands behind it are not there, or
// where files of commands are that it does not name.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& directory,
                                     const std::string& shown);

// Puts the lines "FILE SIZE DIGEST" of `file`, which need not be there, to their logs; where there
// is one log only, also "SIZE DIGEST". Gives how many belong to none: of a file that a rewrite has
// removed since, or taken before the first command of one. kInvalidData for another line.
[[nodiscard]] uint64_t read_digests(const std::filesystem::path& file, std::vector<Log>& logs);

}  // namespace recrank::redis
