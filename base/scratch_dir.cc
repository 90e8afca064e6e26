#include "base/scratch_dir.h"

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace recrank {
namespace {

struct KeptDirs {
  std::mutex mutex;
  bool keeping = false;
  std::vector<std::filesystem::path> paths;
};

KeptDirs& kept_dirs() {
  static KeptDirs kept;
  return kept;
}

}  // namespace

ScratchDir::ScratchDir() {
  const char* parent = std::getenv("TMPDIR");
  std::string name = std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp");
  name += "/recrank-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw_errno("cannot make a scratch directory " + name + " (set TMPDIR to a writable place)",
                errno);
  }
  path_ = name;
  RECRANK_LOG(kDebug, "scratch", "made", {"path", path_});
  KeptDirs& kept = kept_dirs();
  const std::scoped_lock lock(kept.mutex);
  if (kept.keeping) kept.paths.push_back(path_);
}

ScratchDir::ScratchDir(ScratchDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchDir::~ScratchDir() {
  if (path_.empty() || kept_dirs().keeping) return;
  std::error_code ignored;  // a destructor can do no more about it
  std::filesystem::remove_all(path_, ignored);
}

void keep_scratch_dirs() { kept_dirs().keeping = true; }

std::vector<std::filesystem::path> kept_scratch_dirs() {
  KeptDirs& kept = kept_dirs();
  const std::scoped_lock lock(kept.mutex);
  return kept.paths;
}

}  // namespace recrank
