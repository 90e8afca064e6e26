// docs/git-bisect.md: its own blocks are run, by a real git over a repository whose revisions build
// different stand-ins for a worker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/harness/documented_bisect.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace git_bisect_e2e_test {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing_support::Ran;

const char* const kHead = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";
const char* const kRight = R"({"calls":[["vatstoreGet","k"]],"answers":[["ok",null]]})";
const char* const kWrong = R"({"calls":[["vatstoreGet","other"]]})";
const char* const kCrash = R"({"do":[{"signal":11}]})";

// Revisions 0 to 10. Tag `works` is revision 0, `main` revision 10.
class DocumentedBisect : public testing::Test {
 protected:
  DocumentedBisect() : home_("") {
    std::ofstream sst(recording());
    sst << R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)"
        << R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
        << "\n"
        << R"({"transcriptNum":1,"d":["message","o+0",{"method":"m","args":{"body":"[]","slots":[]},"result":null}],)"
        << R"("syscalls":[{"d":["vatstoreGet","k"]}]})"
        << "\n";
  }
  [[nodiscard]] fs::path recording() const { return bisect_.beside("transcript-v1.sst"); }

  void commit(int number, const std::string& delivery, bool builds = true) {
    const std::string build = "#!/bin/sh\nset -e\nmkdir -p \"$1\"\ncp -a " + home_.path().string() +
                              "/. \"$1\"\ncp script.jsonl \"$1\"\n";
    bisect_.write_program("build-engine",
                          builds ? build : "#!/bin/sh\necho 'no compiler' >&2\nexit 1\n");
    hashes_.push_back(bisect_.repository().commit("script.jsonl",
                                                  std::string(kHead) + "\n" + delivery + "\n",
                                                  "Revision " + std::to_string(number)));
    if (number == 0) bisect_.repository().git({"tag", "works"});
  }
  [[nodiscard]] Ran run(size_t script) const { return bisect_.run(script, recording(), "v1", {}); }

  FakeWorkerHome home_;
  testing_support::DocumentedGitBisect bisect_;
  std::vector<std::string> hashes_;
};

TEST_F(DocumentedBisect, FindsTheFirstBadCommitPastOneThatCannotBeBuilt) {
  for (int i = 0; i <= 10; ++i) commit(i, i < 8 ? kRight : i < 10 ? kWrong : kCrash, i != 5);
  const Ran ran = run(0);
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(hashes_[8] + " is the first bad commit"));
  EXPECT_THAT(bisect_.log(), HasSubstr("git bisect skip " + hashes_[5]));
  EXPECT_THAT(bisect_.repository().git({"status", "--branch", "--short"}), HasSubstr("## main"))
      << "reset";
}

TEST_F(DocumentedBisect, NamesTheCrashAndNotTheDivergenceBeforeIt) {
  // From 2 on it diverges, from 7 on it crashes: the first script finds the one, the second the
  // other.
  for (int i = 0; i <= 10; ++i) commit(i, i < 2 ? kRight : i < 7 ? kWrong : kCrash);
  EXPECT_THAT(run(0).out, HasSubstr(hashes_[2] + " is the first bad commit"));
  EXPECT_THAT(run(1).out, HasSubstr(hashes_[7] + " is the first bad commit"));
}

// What the kernel recorded is right; the crash came with revision 4, and both capsules were made on
// it.
TEST_F(DocumentedBisect, NamesTheSameCommitWithAShrunkCapsuleAsWithAPackedOne) {
  for (int i = 0; i <= 10; ++i) commit(i, i < 4 ? kRight : kCrash);
  const FakeWorkerHome dying(std::string(kHead) + "\n" + kCrash + "\n");
  for (const char* way : {"pack", "shrink"}) {
    const fs::path capsule = bisect_.beside(std::string(way) + ".crank");
    const Ran made =
        testing_support::run_recrank({way, recording().string(), "--vat", "v1", "--engine",
                                      dying.path().string(), "-o", capsule.string()});
    ASSERT_TRUE(fs::exists(capsule)) << made.out << made.err;
    const Ran ran = bisect_.run(0, capsule, "v1", {});
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(hashes_[4] + " is the first bad commit")) << way;
  }
}

TEST_F(DocumentedBisect, NamesAllThatCanBeItWhenTheyCannotBeBuilt) {
  for (int i = 0; i <= 10; ++i) commit(i, i < 8 ? kRight : kWrong, i != 7 && i != 6);
  const Ran ran = run(0);
  EXPECT_THAT(ran.out, HasSubstr("only 'skip'ped commits left"));
  for (const size_t possible : {6U, 7U, 8U}) EXPECT_THAT(ran.out, HasSubstr(hashes_[possible]));
  EXPECT_THAT(ran.out, Not(HasSubstr("is the first bad commit")));
}

TEST_F(DocumentedBisect, StopsAtWrongUsage) {
  for (int i = 0; i <= 10; ++i) commit(i, kRight);
  const Ran ran = bisect_.run(0, recording(), "no-such-vat", {});
  EXPECT_NE(ran.status, 0);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("129"));
  EXPECT_THAT(ran.out, Not(HasSubstr("is the first bad commit")));
}

}  // namespace git_bisect_e2e_test
}  // namespace recrank
