// A real git repository of a test's own, that knows nothing of the machine's or the user's
// settings.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/scratch_dir.h"

namespace recrank {

// While it lives, GIT_CONFIG_GLOBAL, GIT_CONFIG_NOSYSTEM and HOME of this process are such that
// git, whoever runs it, reads no settings but the repository's. Commits bear fixed dates and names,
// so that equal content gives equal hashes. One at a time in a process.
class GitRepository {
 public:
  GitRepository();
  ~GitRepository();
  GitRepository(const GitRepository&) = delete;
  GitRepository& operator=(const GitRepository&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Runs git there; its stdout less the last newline. A failure of git throws.
  std::string git(const std::vector<std::string>& words) const;

  // Writes the file (with its directories) and commits all there is; the full hash.
  std::string commit(const std::string& file, const std::string& text, const std::string& subject);
  // Feeds `git fast-import`: `count` commits on refs/heads/main, "c0", "c1", …
  void import_commits(size_t count) const;

 private:
  ScratchDir scratch_;
  std::filesystem::path path_;
  std::vector<std::pair<std::string, std::string>> former_;  // variables; "" for unset
};

}  // namespace recrank
