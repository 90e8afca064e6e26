// revision_candidates() over real git repositories; the engines are stand-ins for workers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "harness/engines/engine_candidates.h"
#include "tests/support/harness/git_repository.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace revision_candidates_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Revisions : public testing::Test {
 protected:
  Revisions() : home_(""), registry_(EngineRegistry::load()) {
    hashes_.push_back(repository_.commit("supervisor", "() => 1", "One"));
    hashes_.push_back(repository_.commit("supervisor", "() => 2", "Two \xc3\xa9 \x1b[31m"));
    hashes_.push_back(repository_.commit("supervisor", "() => 3", "Three"));
    hashes_.push_back(repository_.commit("supervisor", "() => 4", "Four"));
  }

  [[nodiscard]] std::unique_ptr<EngineCandidates> candidates(const std::string& range,
                                                             const std::string& command) const {
    return revision_candidates(registry_, repository_.path(), range, command);
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& range) const {
    std::vector<std::string> list;
    const auto found = candidates(range, "true");
    for (size_t i = 0; i < found->size(); ++i) list.push_back(found->name(i));
    return list;
  }
  [[nodiscard]] std::string refusal(const std::string& range) const {
    return refusal_of([&] { static_cast<void>(candidates(range, "true")); });
  }
  template <typename Body>
  [[nodiscard]] static std::string refusal_of(Body&& body) {
    try {
      body();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return "";
  }
  [[nodiscard]] std::string short_hash(size_t index) const {
    return hashes_.at(index).substr(0, 7);
  }
  [[nodiscard]] std::string all() const { return hashes_.front() + "..main"; }

  // A command that "builds" the stand-in at DIRECTORY, with the revision's file for a supervisor,
  // and notes each call.
  [[nodiscard]] std::string build_into(const std::string& directory) const {
    return "echo \"$1\" >> built; test \"$1\" = \"$RECRANK_REVISION\" || exit 3; d=" + directory +
           "; mkdir -p \"$d\"; cp -a " + home_.path().string() +
           "/. \"$d\"; rm \"$d/supervisor.bundle\"; "
           "git show \"$1:supervisor\" > \"$d/supervisor.bundle\"; echo compiling; echo \"$d\"";
  }
  [[nodiscard]] std::vector<std::string> built() const {
    std::ifstream file(repository_.path() / "built");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  [[nodiscard]] static std::string supervisor_of(const OpenedCandidate& opened) {
    return opened.engine ? opened.engine->identity().part_sha256("supervisor") : opened.missing;
  }

  GitRepository repository_;
  FakeWorkerHome home_;
  EngineRegistry registry_;
  std::vector<std::string> hashes_;
  Interrupt never_;
};

TEST_F(Revisions, AreNamedFromTheFirstToTheLastWithBothEnds) {
  EXPECT_THAT(names(all()),
              ElementsAre(short_hash(0) + " One", short_hash(1) + " Two \xc3\xa9 \\x1b[31m",
                          short_hash(2) + " Three", short_hash(3) + " Four"));
  EXPECT_THAT(names("main~2..main~1"), ElementsAre(testing::_, short_hash(2) + " Three"));
  EXPECT_EQ(names("main~1..").size(), 2U) << "an end left out is HEAD";
}

TEST_F(Revisions, FollowFirstParentsThroughAMerge) {
  repository_.git({"checkout", "--quiet", "-b", "side", "main~1"});
  repository_.commit("side", "x", "Aside");
  repository_.git({"checkout", "--quiet", "main"});
  repository_.git({"merge", "--quiet", "--no-ff", "-m", "Merge", "side"});
  EXPECT_THAT(names("main~2..main"),
              ElementsAre(HasSubstr("Three"), HasSubstr("Four"), HasSubstr("Merge")));
  EXPECT_THAT(refusal("side..main"),
              HasSubstr("no line of first parents leads from 'side' to 'main'"));
}

TEST_F(Revisions, AreBuiltOnceAndOpenedByTheirPath) {
  const auto found = candidates(all(), build_into("build-$1"));
  for (const size_t index : {2U, 0U, 2U, 2U}) {
    const OpenedCandidate opened = found->open(index, never_);
    EXPECT_EQ(supervisor_of(opened), sha256_hex("() => " + std::to_string(index + 1)));
    EXPECT_THAT(opened.command_words, HasSubstr("build-" + hashes_[index]));
    EXPECT_EQ(opened.key.size(), 64U);
  }
  EXPECT_THAT(built(), ElementsAre(hashes_[2], hashes_[0]));
}

TEST_F(Revisions, AreBuiltAnewWhenAnotherTookTheirPlace) {
  const auto found = candidates(all(), build_into("same"));
  const std::string key = found->open(0, never_).key;
  EXPECT_EQ(supervisor_of(found->open(1, never_)), sha256_hex("() => 2"));
  const OpenedCandidate again = found->open(0, never_);
  EXPECT_EQ(supervisor_of(again), sha256_hex("() => 1"));
  EXPECT_EQ(again.key, key);
  fs::remove_all(repository_.path() / "same");
  EXPECT_EQ(supervisor_of(found->open(0, never_)), sha256_hex("() => 1"));
  EXPECT_EQ(built().size(), 4U);
}

TEST_F(Revisions, ThatCannotBeBuiltAreMissingAndNotTriedTwice) {
  const auto found =
      candidates(all(), "echo x >> built; echo 'no rule to \x1b make it' >&2; exit 125");
  for (int i = 0; i < 2; ++i) {
    const OpenedCandidate opened = found->open(2, never_);
    EXPECT_FALSE(opened.engine);
    EXPECT_EQ(
        opened.missing,
        short_hash(2) + " Three: cannot be built (status 125), it says: no rule to \\x1b make it");
  }
  EXPECT_EQ(built().size(), 1U);
}

TEST_F(Revisions, WhoseEngineDoesNotRunAreMissing) {
  const auto found = candidates(all(), "cp /bin/false worker; echo worker");
  EXPECT_THAT(found->open(1, never_).missing, HasSubstr("its engine cannot be used: "));
}

TEST_F(Revisions, EndTheSearchWhenTheCommandIsWrong) {
  const auto refusal = [&](const std::string& command) {
    const auto found = candidates(all(), command);
    return refusal_of([&] { static_cast<void>(found->open(0, never_)); });
  };
  EXPECT_THAT(refusal("echo first >&2; echo 'disk full' >&2; exit 2"),
              HasSubstr(short_hash(0) + " One: failed with status 2, it says: disk full"));
  EXPECT_THAT(refusal("kill -9 $$"), HasSubstr("signal 9"));
  EXPECT_THAT(refusal("no-such-command-here"), HasSubstr("status 127"));
  EXPECT_THAT(refusal("true"), HasSubstr("printed no path"));
  EXPECT_THAT(refusal("echo nowhere"), HasSubstr("'nowhere', and nothing lies there"));
}

TEST_F(Revisions, StopBuildingWhenInterrupted) {
  Interrupt interrupt;
  const auto found = candidates(all(), "touch started; sleep 1000");
  std::thread asks([&] {
    while (!fs::exists(repository_.path() / "started")) std::this_thread::yield();
    interrupt.request();
  });
  const OpenedCandidate opened = found->open(0, interrupt);
  asks.join();
  EXPECT_FALSE(opened.engine);
  EXPECT_EQ(opened.missing, "interrupted");
}

TEST_F(Revisions, OfARangeThatGitRefusesAreNone) {
  EXPECT_THAT(refusal("main"), HasSubstr("not of the form GOOD..BAD"));
  EXPECT_THAT(refusal("main~1...main"), HasSubstr("not of the form GOOD..BAD"));
  EXPECT_THAT(refusal("nowhere..main"), HasSubstr("'nowhere': git says: fatal: "));
  EXPECT_THAT(refusal("main..--output=x"), HasSubstr("begins with a dash"));
  EXPECT_THAT(refusal("main..main"), HasSubstr("no line of first parents"));
  EXPECT_THAT(refusal("main..main~1"), HasSubstr("no line of first parents"));
  EXPECT_THAT(refusal_of([&] { static_cast<void>(candidates(all(), " ")); }),
              HasSubstr("is empty"));
}

TEST_F(Revisions, OfNoRepositoryAreNone) {
  const ScratchDir elsewhere;
  for (const fs::path& place : {elsewhere.path(), elsewhere.path() / "none"}) {
    EXPECT_THAT(refusal_of([&] {
                  static_cast<void>(revision_candidates(registry_, place, "a..b", "true"));
                }),
                HasSubstr("git repository"));
  }
}

// A hook's git sets GIT_DIR, which would have every command speak of that repository instead.
TEST_F(Revisions, AreThoseOfTheRepositoryThatIsNamed) {
  const ScratchDir elsewhere;
  ::setenv("GIT_DIR", elsewhere.path().c_str(), 1);
  const auto count = names(all()).size();
  const OpenedCandidate opened = candidates(all(), build_into("x"))->open(0, never_);
  ::unsetenv("GIT_DIR");
  EXPECT_EQ(count, 4U);
  EXPECT_EQ(supervisor_of(opened), sha256_hex("() => 1"));
}

TEST_F(Revisions, AreOnlyReadByRecrank) {
  const auto before = evidence_state(repository_.path());
  static_cast<void>(names(all()));
  EXPECT_THAT(evidence_state(repository_.path()), testing::ElementsAreArray(before));
}

TEST(ManyRevisions, AreListedUpToTheirLimit) {
  const GitRepository repository;
  const EngineRegistry registry = EngineRegistry::load();
  repository.import_commits(kRevisionsMax + 1);
  const auto most = revision_candidates(
      registry, repository.path(), "main~" + std::to_string(kRevisionsMax - 1) + "..main", "true");
  EXPECT_EQ(most->size(), kRevisionsMax);
  EXPECT_THAT(most->name(0), testing::EndsWith(" c1"));
  EXPECT_THAT(most->name(kRevisionsMax - 1),
              testing::EndsWith(" c" + std::to_string(kRevisionsMax)));
  try {
    static_cast<void>(revision_candidates(
        registry, repository.path(), "main~" + std::to_string(kRevisionsMax) + "..main", "true"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("more than 20,000 revisions"));
  }
}

}  // namespace revision_candidates_test
}  // namespace recrank
