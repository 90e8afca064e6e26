#include "base/unfinished.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".incomplete-";
constexpr size_t kRandomLetters = 6;
constexpr std::string_view kLetters =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr int kTriesMax = 100;

bool is_unfinished_name(std::string_view name, std::string_view final_name) {
  const size_t letters_at = final_name.size() + kMark.size();
  if (name.size() != letters_at + kRandomLetters || !name.starts_with(final_name)) return false;
  if (name.substr(final_name.size(), kMark.size()) != kMark) return false;
  const std::string_view letters = name.substr(letters_at);
  return letters.find_first_not_of(kLetters) == std::string_view::npos;
}

void remove_if_abandoned(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;
  if (status.st_uid != ::geteuid() || !lock_abandoned(fd.get())) return;
  std::error_code ignored;  // what cannot be removed stays
  fs::remove_all(path, ignored);
}

bool is_same(const fs::path& path, int fd) {
  struct stat there {};
  struct stat ours {};
  return ::lstat(path.c_str(), &there) == 0 && ::fstat(fd, &ours) == 0 &&
         there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

}  // namespace

fs::path unfinished_name(const fs::path& final_path) {
  std::array<unsigned char, kRandomLetters> random{};
  if (::getentropy(random.data(), random.size()) != 0) throw_errno("getentropy", errno);
  std::string name = final_path.string() + std::string(kMark);
  for (const unsigned char byte : random) name += kLetters[byte % kLetters.size()];
  return name;
}

void remove_abandoned(const fs::path& final_path) {
  const std::string name = final_path.filename().string();
  std::error_code error;
  for (fs::directory_iterator it(parent_of(final_path), error), end; !error && it != end;
       it.increment(error)) {
    if (is_unfinished_name(it->path().filename().string(), name)) remove_if_abandoned(it->path());
  }
}

bool lock_unfinished(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

bool lock_abandoned(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; }

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void make_durable(const fs::path& directory, const fs::path& shown) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) throw_errno("cannot write " + shown.string(), errno);
}

void refuse_existing(const fs::path& path) {
  throw Error(ErrorCode::kUsage, path.string() + " is there already; nothing of it is replaced");
}

bool rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // Not every file system can rename "unless it is there": there a look before has to do.
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error))) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

UnfinishedDirectory::UnfinishedDirectory(const fs::path& final_path) {
  remove_abandoned(final_path);
  for (int i = 0; i < kTriesMax; ++i) {
    path_ = unfinished_name(final_path);
    const bool made = ::mkdir(path_.c_str(), 0700) == 0;
    if (!made && errno == EEXIST) continue;
    if (made) lock_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock_.valid()) break;
    // Another recrank may have swept it away between its making and its lock.
    if (lock_unfinished(lock_.get()) && is_same(path_, lock_.get())) return;
  }
  throw_errno("cannot create " + final_path.string(), errno);
}

UnfinishedDirectory::~UnfinishedDirectory() {
  std::error_code ignored;  // nobody is left to be told
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace recrank
