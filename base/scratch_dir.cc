#include "base/scratch_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/unfinished.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

struct KeptDirs {
  std::mutex mutex;
  bool keeping = false;
  std::vector<std::filesystem::path> paths;
};

KeptDirs& kept_dirs() {
  static KeptDirs kept;
  return kept;
}

constexpr std::string_view kPrefix = "recrank-";
constexpr size_t kScratchLetters = 6;  // of mkdtemp()
constexpr std::string_view kLockSuffix = ".lock";
// Stands in the lock once it is held, so that nothing else can be meant.
constexpr std::string_view kLockText =
    "of a scratch directory of recrank, which goes with its process\n";

fs::path scratch_parent() {
  const char* parent = std::getenv("TMPDIR");
  return parent != nullptr && *parent != '\0' ? parent : "/tmp";
}

fs::path lock_of(const fs::path& directory) {
  return directory.string() + std::string(kLockSuffix);
}

UniqueFd make_lock(const fs::path& directory) {
  const fs::path lock = lock_of(directory);
  UniqueFd fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) throw_errno("cannot make " + lock.string(), errno);
  static_cast<void>(lock_unfinished(fd.get()));
  write_all(fd.get(), kLockText, lock.string());
  return fd;
}

bool is_lock_name(std::string_view name) {
  return name.size() == kPrefix.size() + kScratchLetters + kLockSuffix.size() &&
         name.starts_with(kPrefix) && name.ends_with(kLockSuffix);
}

// What it is of has lost its process.
bool is_abandoned(const fs::path& lock) {
  const UniqueFd fd(::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return false;
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return false;
  std::string text(kLockText.size() + 1, '\0');
  text.resize(read_some_at(fd.get(), text.data(), text.size(), 0, lock.string()));
  return text == kLockText && lock_abandoned(fd.get());
}

}  // namespace

void remove_abandoned_scratch_dirs() {
  std::error_code error;
  for (fs::directory_iterator it(scratch_parent(), error), end; !error && it != end;
       it.increment(error)) {
    if (!is_lock_name(it->path().filename().string()) || !is_abandoned(it->path())) continue;
    const fs::path directory = it->path().parent_path() / it->path().stem();
    RECRANK_LOG(kInfo, "scratch", "abandoned", {"path", directory});
    std::error_code ignored;  // what cannot be removed stays
    fs::remove_all(directory, ignored);
    if (!ignored) fs::remove(it->path(), ignored);
  }
}

ScratchDir::ScratchDir() {
  static std::once_flag swept;
  std::call_once(swept, remove_abandoned_scratch_dirs);
  std::string name = (scratch_parent() / kPrefix).string() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw_errno("cannot make a scratch directory " + name + " (set TMPDIR to a writable place)",
                errno);
  }
  path_ = name;
  RECRANK_LOG(kDebug, "scratch", "made", {"path", path_});
  KeptDirs& kept = kept_dirs();
  const std::scoped_lock lock(kept.mutex);
  if (kept.keeping) kept.paths.push_back(path_);
  else lock_ = make_lock(path_);
}

ScratchDir::ScratchDir(ScratchDir&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

ScratchDir::~ScratchDir() {
  if (path_.empty() || kept_dirs().keeping) return;
  std::error_code ignored;  // a destructor can do no more about it
  fs::remove_all(path_, ignored);
  fs::remove(lock_of(path_), ignored);
}

void keep_scratch_dirs() { kept_dirs().keeping = true; }

std::vector<std::filesystem::path> kept_scratch_dirs() {
  KeptDirs& kept = kept_dirs();
  const std::scoped_lock lock(kept.mutex);
  return kept.paths;
}

}  // namespace recrank
