// The revisions of a git repository as candidates; an engine is built when it is asked for.
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "harness/engine_candidates.h"
#include "harness/shell_command.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRevisionsMax = 500;  // what the kept end of git's output surely holds
constexpr size_t kHashCharacters = 40;
constexpr size_t kShortHash = 10;
constexpr size_t kSubjectBytes = 50;
constexpr int kCannotBuild = 125;  // as `git bisect run` has it

struct Revision {
  std::string hash;
  std::string name;
};

ShellEnd run_git(const fs::path& repository, const std::string& words, const std::string& argument,
                 const Interrupt& interrupt) {
  const auto end = run_shell({"git " + words, {argument, "--"}, repository, {}}, interrupt);
  if (!end) throw Error(ErrorCode::kUsage, "interrupted");
  if (end->status != 0) {
    throw Error(ErrorCode::kUsage, repository.string() + ": git " + words + " " + printable(argument, 100) +
                                       ": " + end->last_words);
  }
  return *end;
}

std::vector<Revision> parse_log(const std::string& text) {
  std::vector<Revision> revisions;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < kHashCharacters) continue;
    const std::string hash = line.substr(0, kHashCharacters);
    const std::string subject = line.substr(std::min(line.size(), kHashCharacters + 1));
    revisions.push_back({hash, hash.substr(0, kShortHash) + " " + printable(subject, kSubjectBytes)});
  }
  return revisions;
}

std::vector<Revision> list_revisions(const fs::path& repository, const std::string& range,
                                     const Interrupt& interrupt) {
  const size_t dots = range.find("..");
  const bool sound = dots != std::string::npos && dots > 0 && dots + 2 < range.size() &&
                     range[dots + 2] != '.' && !range.starts_with('-');
  if (!sound) {
    throw Error(ErrorCode::kUsage, "--range takes GOOD..BAD, not '" + printable(range, 100) + "'");
  }
  constexpr const char* kFormat = "log --first-parent --format='%H %s' ";
  const std::string good = range.substr(0, dots);
  std::vector<Revision> revisions =
      parse_log(run_git(repository, std::string(kFormat) + "--max-count=1", good, interrupt).out);
  const ShellEnd later = run_git(
      repository, std::string(kFormat) + "--reverse --max-count=" + std::to_string(kRevisionsMax + 1),
      range, interrupt);
  for (Revision& revision : parse_log(later.out)) revisions.push_back(std::move(revision));
  if (revisions.size() > kRevisionsMax) {
    throw Error(ErrorCode::kUsage, "--range " + printable(range, 100) + " holds more than " +
                                       std::to_string(kRevisionsMax) + " revisions: give a narrower one");
  }
  if (revisions.size() < 2) {
    throw Error(ErrorCode::kUsage, "--range " + printable(range, 100) +
                                       " holds no revision behind " + printable(good, 60));
  }
  return revisions;
}

std::string last_line(const std::string& text) {
  std::string last;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

class RevisionCandidates final : public EngineCandidates {
 public:
  RevisionCandidates(const EngineRegistry& registry, fs::path repository, std::string command,
                     std::vector<Revision> revisions)
      : registry_(registry), repository_(std::move(repository)), command_(std::move(command)),
        revisions_(std::move(revisions)) {}

  [[nodiscard]] size_t size() const override { return revisions_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override { return revisions_.at(index).name; }

  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt& interrupt) override {
    const auto known = built_.find(index);
    const Built built = known != built_.end() ? known->second : build(index, interrupt);
    OpenedCandidate opened;
    opened.missing = built.missing;
    if (!opened.missing.empty()) return opened;
    try {
      opened.engine = registry_.open(built.engine);
      opened.key = candidate_key(opened.engine->identity(), opened.setup);
      opened.command_words = "--engine " + shell_quote(built.engine);
    } catch (const Error& error) {
      opened.missing = printable(error.what());
    }
    return opened;
  }

 private:
  struct Built {
    std::string engine;   // a path
    std::string missing;
  };

  Built build(size_t index, const Interrupt& interrupt) {
    const std::string& hash = revisions_.at(index).hash;
    const auto end = run_shell({command_, {hash}, repository_, {{"RECRANK_REVISION", hash}}}, interrupt);
    if (!end) return {{}, "interrupted"};
    const std::string words = end->last_words.empty() ? std::string() : ": " + end->last_words;
    Built built;
    if (end->status == kCannotBuild) {
      built.missing = "cannot be built" + words;
    } else if (end->status != 0) {
      throw Error(ErrorCode::kUsage, "--engine-command failed with status " + std::to_string(end->status) +
                                         " for revision " + hash + words +
                                         " (status 125 says that a revision cannot be built)");
    } else {
      const fs::path engine = last_line(end->out);
      built.engine = engine.is_absolute() || engine.empty() ? engine.string() : (repository_ / engine).string();
      if (built.engine.empty()) built.missing = "--engine-command printed no path of an engine";
    }
    built_[index] = built;
    return built;
  }

  const EngineRegistry& registry_;
  fs::path repository_;
  std::string command_;
  std::vector<Revision> revisions_;
  std::map<size_t, Built> built_;
};

}  // namespace

std::unique_ptr<EngineCandidates> revision_candidates(const EngineRegistry& registry,
                                                      const fs::path& repository,
                                                      const std::string& range,
                                                      const std::string& command,
                                                      const Interrupt& interrupt) {
  std::error_code error;
  if (!fs::is_directory(repository, error)) {
    throw Error(ErrorCode::kUsage, "--git " + printable(repository.string(), 200) + ": no such directory");
  }
  const fs::path place = fs::absolute(repository);
  return std::make_unique<RevisionCandidates>(registry, place, command,
                                              list_revisions(place, range, interrupt));
}

}  // namespace recrank
