#include "harness/report/subject_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "harness/report/repeat_report.h"
#include "harness/report/verdict_report.h"

namespace recrank {
namespace subject_table_test {

using testing::HasSubstr;

SubjectSession session(const std::string& id, VerdictKind kind, uint64_t steps) {
  SubjectSession made;
  made.report.subject.id = id;
  made.report.subject.name = "name of " + id;
  made.report.result.verdict.kind = kind;
  made.report.result.compared.steps = steps;
  made.report.result.cost.wall_s = 2;
  return made;
}

GrowthSummary memory(uint64_t samples, uint64_t first_mib, uint64_t last_mib) {
  GrowthSummary growth;
  growth.samples = samples;
  growth.first = {1, first_mib << 20, 0, {}, {}, {}};
  growth.last = {64, last_mib << 20, 0, {}, {}, {}};
  return growth;
}

TEST(SubjectTable, ShowsEachFigureInTheOrderOfTheVats) {
  SubjectSession late = session("v10", VerdictKind::kClean, 3000);
  late.figures.slowest = SlowestStep{17, 1.25};
  late.figures.memory = memory(9, 50, 75);
  late.figures.heaps = RecordedHeaps{5, 4, 900, 10 << 20, 12 << 20};
  SubjectSession early = session("v2", VerdictKind::kDiverged, 8);
  early.report.result.verdict.step = 8;
  Subject local;
  local.id = "v3";
  local.name = "comms";
  EXPECT_EQ(
      subject_table({late, early}, {&local}),
      "vat  name         steps  verdict        steps/s  slowest step  heap saved        memory\n"
      "v2   name of v2       8  diverged at 8        4  -             -                 -\n"
      "v3   comms        -      not replayed   -        -             -                 -\n"
      "v10  name of v10  3,000  clean             1500   17: 1.250 s  10.0 -> 12.0 MiB  50.0 -> "
      "75.0 MiB\n");
}

TEST(SubjectTable, RunsInPartsSayWhichQuestionTheyAnswer) {
  SubjectSession apart = session("v1", VerdictKind::kClean, 40);
  apart.report.result.plan.range = {0, 40};
  apart.repeated.runs = apart.repeated.asked = 5;
  EXPECT_EQ(not_reproduced_text(apart),
            "0 of 5 runs crashed or differed: a rate of 46 % or more is excluded at 95 %");
  EXPECT_EQ(apart_words(apart.report), "");
  apart.report.parts.resize(2);
  EXPECT_THAT(not_reproduced_text(apart),
              HasSubstr("0 of 5 runs in parts, each from a checkpoint of its own, crashed"));
  EXPECT_THAT(to_text(apart.report), HasSubstr("an engine meets that lives through the whole"));
  EXPECT_THAT(subject_remarks({&apart}), HasSubstr("v1  each part began at a checkpoint"));
  EXPECT_TRUE(to_json(apart.report).at("range").contains("note"));
}

TEST(SubjectTable, DoesNotShowOneLookAsGrowth) {
  SubjectSession one = session("v1", VerdictKind::kClean, 3);
  one.figures.memory = memory(1, 50, 50);
  one.figures.heaps = RecordedHeaps{1, 4, 4, 10 << 20, 10 << 20};
  EXPECT_THAT(subject_table({one}, {}), HasSubstr("10.0 MiB  50.0 MiB"));
}

TEST(SubjectTable, ANameCannotBreakALine) {
  SubjectSession hostile = session("v1", VerdictKind::kClean, 3);
  hostile.report.subject.name = "a\nv2  b  clean\x1b[2J";
  const std::string table = subject_table({hostile}, {});
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2);
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(SubjectRemarks, SayWhatACleanVerdictDoesNotCover) {
  SubjectSession pruned = session("v1", VerdictKind::kClean, 3);
  pruned.report.uncovered = {{{0, 6}, "held", "--to 5"}, {{6, 12}, "pruned", ""}};
  EXPECT_EQ(subject_remarks({&pruned}),
            "  v1  not covered: steps 0..5 (held: --to 5 replays them), 6..11 (pruned)\n");
}

TEST(SubjectRemarks, GatherWhatHoldsForSeveral) {
  SubjectSession a = session("v1", VerdictKind::kClean, 3);
  SubjectSession b = session("v2", VerdictKind::kClean, 3);
  a.report.result.not_recorded = b.report.result.not_recorded = {"result", "computrons"};
  b.report.result.assumed = {"vatParameters {}"};
  EXPECT_EQ(subject_remarks({&a, &b}),
            "  v2  assumed, since nobody recorded it: vatParameters {}\n"
            "  v1, v2  not recorded: result, computrons\n");
}

}  // namespace subject_table_test
}  // namespace recrank
