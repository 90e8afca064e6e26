// docs/git-bisect.md over revisions that choose between the two real engines: the debug build
// counts other computrons than the release build.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/harness/documented_bisect.h"

namespace recrank {
namespace git_bisect_real_test {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kKernel = fs::path(RECRANK_DATA_DIR) / "recordings/tiny/kernel/swingstore.sqlite";
const fs::path kEngines = fs::path(RECRANK_DATA_DIR) / "engines";

TEST(RealGitBisect, NamesTheCommitThatTurnedToTheDebugBuild) {
  for (const fs::path& needed :
       {kKernel, kEngines / "xsnap-0.15.0", kEngines / "xsnap-0.15.0-debug"}) {
    if (!fs::exists(needed)) GTEST_SKIP() << "skipped: no " << needed << "; ./check makes it";
  }
  testing_support::DocumentedGitBisect bisect;
  bisect.write_program(
      "build-engine",
      "#!/bin/sh\nset -e\nrm -rf \"$1\"\ncp -a \"$ENGINES/$(cat engine)\" \"$1\"\n");
  std::vector<std::string> hashes;
  for (int i = 0; i < 7; ++i) {
    const std::string engine = i == 3 ? "not-there" : i < 5 ? "xsnap-0.15.0" : "xsnap-0.15.0-debug";
    hashes.push_back(bisect.repository().commit("engine", engine, "Revision " + std::to_string(i)));
    if (i == 0) bisect.repository().git({"tag", "works"});
  }
  const auto ran = bisect.run(0, kKernel, "shortlived", {"ENGINES=" + kEngines.string()});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(hashes[5] + " is the first bad commit"));
  EXPECT_THAT(bisect.log(), HasSubstr("git bisect skip " + hashes[3]));
}

}  // namespace git_bisect_real_test
}  // namespace recrank
