// `recrank inspect --step` and `--steps` as a user calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/harness/recrank_report.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace inspect_step_e2e_test {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::report_of;
using testing_support::run_recrank;

class InspectStep : public testing::Test {
 protected:
  InspectStep() {
    SwingstoreFixture store;
    store.vat("v6", "ledger").deliver(3).item("{\"d\":[\"message\"");
    store.write_sqlite(file_);
  }
  [[nodiscard]] Ran inspect(std::vector<std::string> words) const {
    words.insert(words.begin(), {"inspect", file_.string(), "--vat", "v6"});
    return run_recrank(words);
  }

  ScratchDir scratch_;
  std::filesystem::path file_ = scratch_.path() / "swingstore.sqlite";
};

TEST_F(InspectStep, ShowsOneWholeAndSeveralInATable) {
  const Ran one = inspect({"--step", "2"});
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("\nstep 2  message"), HasSubstr("\n  calls\n")));
  const Ran table = inspect({"--steps", "1..3"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("\nstep  calls"), HasSubstr("\n   3  ")));
  const auto report = report_of({"inspect", file_, "--vat", "v6", "--steps", "1..3"}, 0);
  EXPECT_EQ(report["listed"].size(), 3U);
}

TEST_F(InspectStep, NamesThePlaceOfAStepThatCannotBeRead) {
  for (const char* steps : {"5", "4..5"}) {
    const Ran ran = inspect({std::string(steps).size() == 1 ? "--step" : "--steps", steps});
    EXPECT_EQ(ran.status, 125) << ran.out;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("swingstore.sqlite"), HasSubstr("v6 step 5")));
  }
}

TEST_F(InspectStep, RefusesWhatItCannotShow) {
  EXPECT_EQ(inspect({"--step", "500"}).status, 129);
  EXPECT_THAT(inspect({"--step", "500"}).err,
              HasSubstr("vat v6 holds no step there; it holds 0..5"));
  for (const char* steps : {"3..1", "x", "1..", "..2", "1...2", "1..99999999999999999999", ""}) {
    EXPECT_EQ(inspect({"--steps", steps}).status, 129) << steps;
  }
  EXPECT_EQ(inspect({"--step", "1", "--steps", "1..2"}).status, 129);
  EXPECT_EQ(inspect({"--step", "1", "--from", "1"}).status, 129);
  EXPECT_EQ(inspect({"--step", "1", "--verify"}).status, 129);
  EXPECT_EQ(inspect({"--steps", "1..2", "--full"}).status, 129);
  EXPECT_EQ(inspect({"--full"}).status, 129);
  EXPECT_EQ(run_recrank({"inspect", file_, "--step", "1"}).status, 129);
  EXPECT_EQ(run_recrank({"inspect", file_, "--vat", "v60", "--step", "1"}).status, 129);
}

}  // namespace inspect_step_e2e_test
}  // namespace recrank
