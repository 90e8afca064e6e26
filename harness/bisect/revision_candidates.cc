#include <algorithm>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/engines/child_command.h"
#include "harness/engines/engine_candidates.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLogBytesMax = 64 << 20;  // kRevisionsMax subject lines are a few MB
constexpr size_t kOutputBytesKept = 64 << 10;
constexpr size_t kErrorBytesKept = 16 << 10;
constexpr size_t kShownBytes = 300;
constexpr size_t kSubjectBytes = 72;
constexpr int kCannotBeBuilt = 125;  // as `git bisect run` has it
constexpr int kNoSuchCommand = 127;

// What a git that runs us (a hook, an alias) tells its children about its own repository.
std::vector<std::string> git_locals() {
  return {"GIT_DIR",       "GIT_WORK_TREE",        "GIT_INDEX_FILE",
          "GIT_PREFIX",    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
          "GIT_NAMESPACE", "GIT_COMMON_DIR",       "GIT_GRAFT_FILE"};
}

struct Revision {
  std::string hash;    // in full
  std::string parent;  // the first, in full; empty: it has none
  std::string name;    // "abc1234 subject"
};

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kUsage, what); }

std::string shown(const std::string& text) { return printable(text, kShownBytes); }

// A repository as git itself reads it.
class GitRepository {
 public:
  explicit GitRepository(fs::path directory) : directory_(std::move(directory)) {
    std::error_code error;
    if (!fs::is_directory(directory_, error)) {
      fail(shown(directory_.string()) + ": no directory, so no git repository");
    }
  }

  // The commits from `good` to `bad` along first parents, oldest first.
  [[nodiscard]] std::vector<Revision> line(const std::string& good, const std::string& bad,
                                           const std::string& range) const;

 private:
  [[nodiscard]] std::string run(std::vector<std::string> arguments, const std::string& what) const;
  [[nodiscard]] std::vector<Revision> list(std::vector<std::string> words,
                                           const std::string& what) const;
  [[nodiscard]] std::string commit(const std::string& revision, const std::string& range) const;

  fs::path directory_;
};

std::string GitRepository::run(std::vector<std::string> arguments, const std::string& what) const {
  ChildCommand command;
  command.words = {"git"};
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  command.directory = directory_;
  command.environment = {{"GIT_OPTIONAL_LOCKS", "0"}, {"LC_ALL", "C"}};
  command.without = git_locals();
  command.output_bytes = kLogBytesMax;
  command.error_bytes = kErrorBytesKept;
  const Interrupt never;  // git answers at once
  ChildEnd end = run_child(command, never);
  if (end.exit_status == kNoSuchCommand) {
    throw Error(ErrorCode::kUnsupported, "git is missing, which lists the revisions; install it");
  }
  if (end.exit_status == 0 && !end.output_cut) return std::move(end.output);
  const std::string why = last_line(end.errors);
  fail(shown(directory_.string()) + ": " + what + ": " +
       (end.output_cut ? "git lists too much"
                       : "git says: " + shown(why.empty() ? ending_of(end) : why)));
}

std::string GitRepository::commit(const std::string& revision, const std::string& range) const {
  // A dash would make an option of it; no branch or tag begins so.
  const std::string name = revision.empty() ? "HEAD" : revision;
  if (name.front() == '-') fail("the range '" + shown(range) + "': no revision begins with a dash");
  const std::string hash = run({"rev-parse", "--verify", "--end-of-options", name + "^{commit}"},
                               "the range '" + shown(range) + "': '" + shown(name) + "'");
  return last_line(hash);
}

std::vector<Revision> GitRepository::list(std::vector<std::string> words,
                                          const std::string& what) const {
  words.insert(words.begin(), {"rev-list", "--first-parent", "--reverse", "--encoding=UTF-8",
                               "--format=%H%x00%P%x00%h%x00%s"});
  std::istringstream lines(run(std::move(words), what));
  std::vector<Revision> revisions;
  for (std::string line; std::getline(lines, line);) {
    if (line.find('\0') == std::string::npos) continue;  // "commit …" stands before each
    std::istringstream fields(line);
    Revision revision;
    std::string abbreviated;
    std::string subject;
    std::getline(fields, revision.hash, '\0');
    std::getline(fields, revision.parent, '\0');
    std::getline(fields, abbreviated, '\0');
    std::getline(fields, subject);
    revision.parent.resize(std::min(revision.parent.size(), revision.parent.find(' ')));
    revision.name = abbreviated + " " + printable(subject, kSubjectBytes);
    revisions.push_back(std::move(revision));
  }
  return revisions;
}

std::vector<Revision> GitRepository::line(const std::string& good, const std::string& bad,
                                          const std::string& range) const {
  const std::string first = commit(good, range);
  const std::string last = commit(bad, range);
  const std::string what = "the range '" + shown(range) + "'";
  std::vector<Revision> revisions =
      list({"--max-count=" + std::to_string(kRevisionsMax), last, "^" + first}, what);
  if (revisions.size() == kRevisionsMax) {
    fail(what + ": holds more than " + format_count(kRevisionsMax) +
         " revisions; name ends that are nearer to each other");
  }
  if (revisions.empty() || revisions.front().parent != first) {
    fail(what + ": no line of first parents leads from '" + shown(good) + "' to '" + shown(bad) +
         "'; begin at a commit of that line (`git merge-base` names one of both)");
  }
  const std::vector<Revision> begin = list({"--max-count=1", first}, what);
  revisions.insert(revisions.begin(), begin.begin(), begin.end());
  return revisions;
}

class RevisionCandidates : public EngineCandidates {
 public:
  RevisionCandidates(const EngineRegistry& registry, fs::path repository,
                     std::vector<Revision> revisions, std::string command)
      : registry_(registry),
        repository_(std::move(repository)),
        revisions_(std::move(revisions)),
        command_(std::move(command)) {}

  [[nodiscard]] size_t size() const override { return revisions_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override {
    return revisions_.at(index).name;
  }
  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt& interrupt) override;
  [[nodiscard]] bool one_at_a_time() const override { return true; }

 private:
  // What is kept of one that was opened: either says why there is none, or how to have it again.
  struct Known {
    fs::path engine;
    std::string key;
    std::string missing;
  };
  [[nodiscard]] std::optional<Known> build(const Revision& revision,
                                           const Interrupt& interrupt) const;
  [[nodiscard]] fs::path built_path(const Revision& revision, const std::string& output) const;
  [[nodiscard]] OpenedCandidate opened(const fs::path& engine) const;

  const EngineRegistry& registry_;
  fs::path repository_;
  std::vector<Revision> revisions_;
  std::string command_;
  std::map<size_t, Known> known_;
};

fs::path RevisionCandidates::built_path(const Revision& revision, const std::string& output) const {
  const std::string words = last_line(output);
  const std::string place = "--engine-command for " + revision.name;
  if (words.empty()) fail(place + ": printed no path of an engine on its last line");
  const fs::path path = (repository_ / words).lexically_normal();
  std::error_code error;
  if (fs::exists(path, error)) return path;
  fail(place + ": its last line names '" + shown(words) +
       "', and nothing lies there; it is to be the engine's path");
}

// nullopt: interrupted.
std::optional<RevisionCandidates::Known> RevisionCandidates::build(
    const Revision& revision, const Interrupt& interrupt) const {
  ChildCommand command;
  command.words = shell_words(command_, "recrank-engine", {revision.hash});
  command.directory = repository_;
  command.environment = {{"RECRANK_REVISION", revision.hash}};
  command.without = git_locals();
  command.output_bytes = kOutputBytesKept;
  command.error_bytes = kErrorBytesKept;
  const ChildEnd end = run_child(command, interrupt);
  if (end.interrupted) return std::nullopt;
  std::string words = last_line(end.errors);
  words = words.empty() ? "without a word" : "it says: " + shown(words);
  if (end.exit_status == kCannotBeBuilt) {
    return Known{{}, {}, revision.name + ": cannot be built (status 125), " + words};
  }
  if (end.exit_status != 0) {
    fail("--engine-command for " + revision.name + ": failed with " + ending_of(end) + ", " +
         words + " (status 125 passes over a revision that cannot be built)");
  }
  return Known{built_path(revision, end.output), {}, {}};
}

OpenedCandidate RevisionCandidates::opened(const fs::path& engine) const {
  OpenedCandidate opened;
  opened.engine = registry_.open(engine.string());
  opened.key = engine_key(opened.engine->identity(), opened.setup);
  opened.command_words = " --engine " + shell_quote(engine.string());
  return opened;
}

OpenedCandidate RevisionCandidates::open(size_t index, const Interrupt& interrupt) {
  const Revision& revision = revisions_.at(index);
  OpenedCandidate result;
  if (const auto known = known_.find(index); known != known_.end()) {
    result.missing = known->second.missing;
    if (!result.missing.empty()) return result;
    try {
      result = opened(known->second.engine);
      if (result.key == known->second.key) return result;
    } catch (const Error&) {
      result = {};  // a later build has removed or broken it: this one is built again
    }
    known_.erase(known);
  }
  std::optional<Known> built = build(revision, interrupt);
  if (!built) {
    result = {};
    result.missing = "interrupted";
    return result;
  }
  try {
    if (built->missing.empty()) {
      result = opened(built->engine);
      built->key = result.key;
    }
  } catch (const Error& error) {
    built->missing = revision.name + ": its engine cannot be used: " + error.what();
  }
  result.missing = built->missing;
  known_.insert_or_assign(index, *std::move(built));
  return result;
}

}  // namespace

std::unique_ptr<EngineCandidates> revision_candidates(const EngineRegistry& registry,
                                                      const fs::path& repository,
                                                      const std::string& range,
                                                      const std::string& command) {
  const size_t dots = range.find("..");
  if (dots == std::string::npos || range.find("...", dots) == dots) {
    fail("the range '" + shown(range) + "' is not of the form GOOD..BAD");
  }
  if (command.find_first_not_of(" \t\n") == std::string::npos) {
    fail("--engine-command is empty; it builds the engine of revision $1 and prints its path");
  }
  std::error_code error;
  const fs::path place = fs::absolute(repository, error).lexically_normal();
  std::vector<Revision> revisions =
      GitRepository(place).line(range.substr(0, dots), range.substr(dots + 2), range);
  return std::make_unique<RevisionCandidates>(registry, place, std::move(revisions), command);
}

}  // namespace recrank
