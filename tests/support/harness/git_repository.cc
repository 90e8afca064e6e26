#include "tests/support/harness/git_repository.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "base/interrupt.h"
#include "harness/engines/child_command.h"

namespace recrank {
namespace {

constexpr size_t kOutputBytes = 8 << 20;

}  // namespace

GitRepository::GitRepository() : path_(scratch_.path() / "repository") {
  const std::vector<std::pair<const char*, const char*>> settings{
      {"GIT_CONFIG_GLOBAL", "/dev/null"},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"HOME", "/proc/nonexistent"},
      {"GIT_AUTHOR_NAME", "A"},
      {"GIT_AUTHOR_EMAIL", "a@example.org"},
      {"GIT_COMMITTER_NAME", "C"},
      {"GIT_COMMITTER_EMAIL", "c@example.org"},
      {"GIT_AUTHOR_DATE", "1700000000 +0000"},
      {"GIT_COMMITTER_DATE", "1700000000 +0000"}};
  for (const auto& [name, value] : settings) {
    const char* const former = std::getenv(name);
    former_.emplace_back(name, former == nullptr ? "" : former);
    ::setenv(name, value, 1);
  }
  std::filesystem::create_directory(path_);
  git({"init", "--quiet", "--initial-branch=main"});
  // Or a commit starts a tidying of its own, which comes and goes while a test looks.
  git({"config", "maintenance.auto", "false"});
  git({"config", "gc.auto", "0"});
}

GitRepository::~GitRepository() {
  for (const auto& [name, value] : former_) {
    value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
  }
}

std::string GitRepository::git(const std::vector<std::string>& words) const {
  ChildCommand command;
  command.words = {"git"};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.directory = path_;
  command.output_bytes = kOutputBytes;
  command.error_bytes = kOutputBytes;
  const Interrupt never;
  ChildEnd end = run_child(command, never);
  if (end.exit_status != 0) throw std::runtime_error("git " + words.front() + ": " + end.errors);
  while (end.output.ends_with('\n')) end.output.pop_back();
  return end.output;
}

std::string GitRepository::commit(const std::string& file, const std::string& text,
                                  const std::string& subject) {
  std::filesystem::create_directories((path_ / file).parent_path());
  std::ofstream(path_ / file) << text;
  git({"add", "--all"});
  git({"commit", "--quiet", "--allow-empty", "-m", subject});
  return git({"rev-parse", "HEAD"});
}

void GitRepository::import_commits(size_t count) const {
  const std::filesystem::path stream = scratch_.path() / "stream";
  std::ofstream out(stream);
  for (size_t i = 0; i < count; ++i) {
    const std::string subject = "c" + std::to_string(i);
    out << "commit refs/heads/main\ncommitter C <c@example.org> 1700000000 +0000\ndata "
        << subject.size() << "\n"
        << subject << "\n";
  }
  out.close();
  ChildCommand command;
  command.words = shell_words("git fast-import --quiet < \"$1\"", "import", {stream.string()});
  command.directory = path_;
  const Interrupt never;
  if (run_child(command, never).exit_status != 0) throw std::runtime_error("git fast-import");
}

}  // namespace recrank
