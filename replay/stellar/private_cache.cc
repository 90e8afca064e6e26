#include "replay/stellar/private_cache.h"

#include <string>

#include "base/error.h"
#include "base/log.h"

namespace recrank::stellar {
namespace {

namespace fs = std::filesystem;

// The buckets of one network. What is no file, such as a staging directory, is nothing to begin
// with.
uint64_t link_buckets(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  uint64_t links = 0;
  for (const fs::directory_entry& each : fs::directory_iterator(from)) {
    if (!each.is_regular_file()) continue;
    fs::create_symlink(each.path(), to / each.path().filename());
    ++links;
  }
  return links;
}

}  // namespace

PrivateCache::PrivateCache(const fs::path& cache) {
  try {
    if (fs::is_directory(cache / kInputFolder)) {
      fs::create_directory_symlink(cache / kInputFolder, path() / kInputFolder);
    }
    uint64_t links = 0;
    const fs::path buckets = cache / kBucketsFolder;
    if (fs::is_directory(buckets)) {
      for (const fs::directory_entry& network : fs::directory_iterator(buckets)) {
        if (!network.is_directory()) continue;
        links += link_buckets(network.path(), path() / kBucketsFolder / network.path().filename());
      }
    }
    RECRANK_LOG(kDebug, "scratch", "private cache", {"of", cache}, {"path", path()},
                {"buckets", links});
  } catch (const fs::filesystem_error& failure) {
    throw Error(ErrorCode::kIo, "cannot make a private copy of the cache " + cache.string() + ": " +
                                    failure.what() + " (set TMPDIR to a place with room)");
  }
}

}  // namespace recrank::stellar
