#include "harness/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace recrank {
namespace progress_test {

using testing::HasSubstr;

Verdict crashed() {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.step = 6;
  verdict.end.signal = 11;
  verdict.end.meaning = "SIGSEGV";
  return verdict;
}

ControlRow row() {
  ControlRow made;
  made.label = "with randomisation off";
  made.passed = 5;
  return made;
}

TEST(CertaintyNews, TellsTheFirstVerdictAtOnceAndEachControl) {
  std::ostringstream err;
  CertaintyNews news(err, true, {5, 5, 1});
  news.tell_from(0);
  news.on_runs({crashed(), "v6", 1, 5});
  EXPECT_THAT(err.str(), HasSubstr("v6: crashed at step 6: SIGSEGV  (the first of 5 runs, "));
  EXPECT_THAT(err.str(), HasSubstr(" ahead)\n"));
  const size_t once = err.str().size();
  news.on_runs({crashed(), "v6", 2, 5});
  EXPECT_EQ(err.str().size(), once);
  news.on_control("v6", row());
  EXPECT_THAT(err.str(), HasSubstr("v6: with randomisation off: met in 0 of 5 runs  ("));
}

TEST(CertaintyNews, IsSilentWhereNobodyWaitsOrNobodyAsks) {
  std::ostringstream err;
  CertaintyNews quick(err, true, {5, 5, 1});
  quick.on_runs({crashed(), "v6", 1, 5});
  quick.on_control("v6", row());
  CertaintyNews quiet(err, false, {5, 5, 1});
  quiet.tell_from(0);
  quiet.on_runs({crashed(), "v6", 1, 5});
  quiet.on_control("v6", row());
  EXPECT_EQ(err.str(), "");
}

}  // namespace progress_test
}  // namespace recrank
