// What is under way beside the place where it is to appear: FINAL.incomplete-XXXXXX.
//
// Whoever makes such a thing holds a lock on it (flock). The lock goes with the last descriptor,
// also when the process is killed, so that what nobody works on any more can be told and removed.
#pragma once

#include <filesystem>
#include <string>

#include "base/fd.h"

namespace recrank {

// Such a name, chosen at random.
[[nodiscard]] std::filesystem::path unfinished_name(const std::filesystem::path& final_path);

// Removes what lies beside `final_path` under such a name of it, belongs to this user and is not
// locked.
void remove_abandoned(const std::filesystem::path& final_path);

// Takes the lock of a file or directory that was just made. False: somebody else was quicker, and
// takes it for abandoned. Where the file system knows no such locks nobody can, and it is true.
[[nodiscard]] bool lock_unfinished(int fd);
// Whether nobody holds the lock; if so it is taken.
[[nodiscard]] bool lock_abandoned(int fd);

// Makes what was done to the names in `directory` outlive a crash of the machine. `shown` is for
// the error text.
void make_durable(const std::filesystem::path& directory, const std::filesystem::path& shown);
// The directory that holds the name.
[[nodiscard]] std::filesystem::path parent_of(const std::filesystem::path& path);

// kUsage: something lies at `path` and is not replaced.
[[noreturn]] void refuse_existing(const std::filesystem::path& path);
// Never over something that is there: false with errno EEXIST or ENOTEMPTY then.
[[nodiscard]] bool rename_to_free_name(const std::filesystem::path& from,
                                       const std::filesystem::path& to);

// A directory of that kind, for a result that is made in several files or by other programs. It is
// removed with what is still in it. One thread at a time.
class UnfinishedDirectory {
 public:
  // kIo naming `final_path` where it cannot be made.
  explicit UnfinishedDirectory(const std::filesystem::path& final_path);
  ~UnfinishedDirectory();
  UnfinishedDirectory(const UnfinishedDirectory&) = delete;
  UnfinishedDirectory& operator=(const UnfinishedDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // The lock: what inherits it keeps the directory from being taken for abandoned.
  [[nodiscard]] int lock() const { return lock_.get(); }
  // It has another name now and stays.
  void release() { path_.clear(); }

 private:
  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace recrank
