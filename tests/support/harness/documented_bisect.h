// Runs what docs/git-bisect.md says, as it says it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/harness/git_repository.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank::testing_support {

class DocumentedGitBisect {
 public:
  // Throws when the page does not hold the blocks that are meant.
  DocumentedGitBisect();

  [[nodiscard]] GitRepository& repository() { return repository_; }
  [[nodiscard]] const GitRepository& repository() const { return repository_; }
  // A path beside the repository.
  [[nodiscard]] std::filesystem::path beside(const std::string& name) const {
    return repository_.path().parent_path() / name;
  }
  // Writes an executable file into the repository, for the next commit.
  void write_program(const std::string& name, const std::string& text) const;

  // Saves the page's script of that number (0 or 1) as ../replay-revision and runs the page's
  // session.
  [[nodiscard]] Ran run(size_t script, const std::filesystem::path& recording,
                        const std::string& vat, const std::vector<std::string>& environment) const;
  // What the session left of `git bisect log`.
  [[nodiscard]] std::string log() const;

 private:
  GitRepository repository_;
  std::vector<std::string> scripts_;
  std::string session_;
};

}  // namespace recrank::testing_support
