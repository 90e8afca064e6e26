#include "harness/console/outputs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "harness/console/own_form.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// Of a directory that is read, looked through for a file that has several names.
constexpr size_t kEntriesMax = 1'000'000;
// What a database keeps beside its file.
constexpr const char* kCompanions[] = {"-wal", "-shm", "-journal", "-lock"};

[[noreturn]] void refuse(const std::string& shown, const std::string& why) {
  throw Error(ErrorCode::kUsage, printable(shown, 1000) + " " + why);
}

[[noreturn]] void refuse_as_read(const std::string& shown, const std::string& reader) {
  refuse(shown, "is read by this command (" + printable(reader, 1000) +
                    "), so nothing is written there; name another file");
}

bool is_in(const fs::path& path, const fs::path& directory) {
  const auto [end, rest] =
      std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  static_cast<void>(rest);
  return end == directory.end();
}

// The name that it really has or would have; nullopt: the directory is not there.
std::optional<fs::path> real_name(const fs::path& path) {
  std::error_code error;
  const fs::path parent = fs::canonical(parent_of(path), error);
  if (error) return std::nullopt;
  return parent / path.filename();
}

bool is_standard_stream(const struct stat& status) {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat standard {};
    if (::fstat(fd, &standard) == 0 && standard.st_dev == status.st_dev &&
        standard.st_ino == status.st_ino) {
      return true;
    }
  }
  return false;
}

}  // namespace

void Outputs::protect_file(const fs::path& path, const std::string& shown) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0)
    files_.emplace_back(FileId{status.st_dev, status.st_ino}, shown);
}

void Outputs::protect(const fs::path& path, Reads reads) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) return;
  if (fs::is_directory(real, error)) {
    directories_.push_back({real, path.string(), reads});
    return;
  }
  protect_file(real, path.string());
  for (const char* suffix : kCompanions) protect_file(real.string() + suffix, path.string());
  if (real.filename() == "data.mdb") protect_file(real.parent_path() / "lock.mdb", path.string());
}

std::optional<std::string> Outputs::reader_of(FileId id, bool has_other_names) const {
  for (const auto& [file, shown] : files_) {
    if (file == id) return shown;
  }
  // In a directory it is found by its path, unless it has another one there.
  for (const Directory& directory : directories_) {
    if (!has_other_names) break;
    std::error_code error;
    size_t seen = 0;
    for (fs::recursive_directory_iterator it(directory.path, error), end;
         !error && it != end && ++seen < kEntriesMax; it.increment(error)) {
      struct stat status {};
      if (::lstat(it->path().c_str(), &status) == 0 && FileId{status.st_dev, status.st_ino} == id) {
        return it->path().string();
      }
    }
  }
  return std::nullopt;
}

void Outputs::require_outside_recordings(const fs::path& path, const std::string& shown) const {
  for (const Directory& directory : directories_) {
    if (directory.reads != Reads::kRecording || !is_in(path, directory.path)) continue;
    refuse(shown, "lies in the recording " + printable(directory.shown, 1000) +
                      ", in which nothing is written; name a place outside of it");
  }
}

void Outputs::require_not_read(const fs::path& path) const {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  require_outside_recordings(error ? path : real, path.string());
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  const bool other_names = S_ISREG(status.st_mode) && status.st_nlink > 1;
  const auto reader = reader_of({status.st_dev, status.st_ino}, other_names);
  if (reader) refuse_as_read(path.string(), *reader);
}

void Outputs::require_apart(const fs::path& path) const {
  require_not_read(path);
  std::error_code absent;
  const fs::path real = fs::canonical(path, absent);
  if (absent || fs::is_directory(real, absent)) return;
  for (const Directory& directory : directories_) {
    if (is_in(real, directory.path)) refuse_as_read(path.string(), directory.shown);
  }
}

void Outputs::require_replaceable(const std::string& path) const {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  const UniqueFd fd = open_for_read(real);
  std::string head(kOwnFormBytes, '\0');
  head.resize(read_some_at(fd.get(), head.data(), head.size(), 0, path));
  if (head.empty() || is_own_report(head)) return;
  for (const Directory& directory : directories_) {
    if (is_in(real, directory.path)) refuse_as_read(path, directory.shown);
  }
  if (!force_) {
    refuse(path, "is there already and was not written by recrank; --force replaces it");
  }
}

OutputPlace Outputs::place_of(const std::string& path) const {
  require_not_read(path);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw_errno("cannot create " + path, errno);
    std::error_code error;
    if (fs::is_symlink(path, error)) refuse(path, "is a symbolic link to nothing");
    const auto name = real_name(path);
    if (!name) throw_errno("cannot create " + path, ENOENT);
    return {OutputPlace::Way::kNew, *name};
  }
  if (S_ISDIR(status.st_mode)) refuse(path, "is a directory; name a file");
  if (is_standard_stream(status)) return {OutputPlace::Way::kThrough, path};
  if (S_ISBLK(status.st_mode) && !force_) {
    refuse(path, "is a disk; --force writes over what it holds");
  }
  if (!S_ISREG(status.st_mode)) return {OutputPlace::Way::kThrough, path};
  require_replaceable(path);
  return {OutputPlace::Way::kReplace, fs::canonical(path)};
}

}  // namespace recrank
