#include "harness/session/console_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "base/scratch_dir.h"
#include "harness/console/own_form.h"
#include "harness/report/console_report.h"
#include "harness/session/console_file.h"

namespace recrank {
namespace console_watch_test {

using testing::HasSubstr;

void print(ReplayObserver& to, uint64_t step, const std::string& text, uint64_t run = 0) {
  to.on_console({"v1", run, step, text});
}

std::vector<uint64_t> steps_of(const ConsoleTail& tail) {
  std::vector<uint64_t> steps;
  for (const PrintedLine& line : tail.lines) steps.push_back(line.step);
  return steps;
}

TEST(ConsoleWatch, KeepsWhatWasPrintedInTheLastSteps) {
  ConsoleWatch watch;
  for (uint64_t step = 1; step <= 50; ++step) print(watch, step, "step");
  print(watch, 50, "last");
  const ConsoleTail tail = watch.before("v1", 0, 50);
  EXPECT_EQ(steps_of(tail),
            (std::vector<uint64_t>{40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 50}));
  EXPECT_EQ(tail.lines.back().text, "last");
  EXPECT_EQ(tail.left_out, 0U);
  EXPECT_TRUE(watch.before("v2", 0, 50).lines.empty());
  EXPECT_TRUE(watch.before("v1", 1, 50).lines.empty());
}

TEST(ConsoleWatch, AFloodIsCountedAndNotKept) {
  ConsoleWatch watch;
  const std::string large(10'000, 'x');
  for (int i = 0; i < 100'000; ++i) print(watch, 7, large);
  const ConsoleTail tail = watch.before("v1", 0, 7);
  EXPECT_EQ(tail.lines.size(), ConsoleWatch::kBytesMax / ConsoleWatch::kLineBytesMax);
  EXPECT_EQ(tail.lines.front().text.size(), ConsoleWatch::kLineBytesMax);
  EXPECT_EQ(tail.left_out + tail.lines.size(), 100'000U);
  for (int i = 0; i < 100'000; ++i) print(watch, 8, "short");
  EXPECT_EQ(watch.before("v1", 0, 8).lines.size(), ConsoleWatch::kLinesMax);
}

TEST(ConsoleWatch, OfVeryManyRunsTheFirstAreKept) {
  ConsoleWatch watch;
  for (uint64_t run = 0; run < 2 * ConsoleWatch::kRunsMax; ++run) print(watch, 3, "line", run);
  EXPECT_EQ(watch.before("v1", ConsoleWatch::kRunsMax - 1, 3).lines.size(), 1U);
  EXPECT_TRUE(watch.before("v1", ConsoleWatch::kRunsMax, 3).lines.empty());
}

TEST(ConsoleWatch, SpansOfOneRunDoNotPushEachOtherOut) {
  ConsoleWatch watch;
  print(watch, 10, "early");
  std::thread([&] { print(watch, 900, "late"); }).join();
  print(watch, 11, "early too");
  EXPECT_EQ(steps_of(watch.before("v1", 0, 12)), (std::vector<uint64_t>{10, 11}));
  EXPECT_EQ(steps_of(watch.before("v1", 0, 900)), (std::vector<uint64_t>{900}));
}

TEST(ConsoleWatch, AReportShowsTheNewestAndSaysWhatItLeavesOut) {
  ConsoleWatch watch;
  for (int i = 0; i < 15; ++i) print(watch, 3, "line " + std::to_string(i) + "\x1b[2J");
  const ReportPart part = console_part(watch.before("v1", 0, 3));
  EXPECT_EQ(part.member, "console");
  EXPECT_EQ(parse_json(part.json).at("lines").size(), 15U);
  EXPECT_THAT(part.text, HasSubstr("… 3 lines before"));
  EXPECT_THAT(part.text, HasSubstr("3  line 14\\x1b[2J"));
  EXPECT_EQ(part.text.find("line 2\\"), std::string::npos);
}

TEST(ConsoleFile, HasEveryLineWithItsStep) {
  const ScratchDir scratch;
  const std::string path = (scratch.path() / "console").string();
  const Outputs outputs;
  ConsoleFile file(outputs, path);
  print(file, 3, "one\ntwo");
  print(file, 4, "again", 1);
  file.commit();
  EXPECT_EQ(read_small_file(path, 1000),
            "# recrank console: subject, run but the first, step, what it printed\n"
            "v1 3  one\\x0atwo\nv1 run 2 4  again\n");
  EXPECT_TRUE(is_own_report(read_small_file(path, 1000)));
}

}  // namespace console_watch_test
}  // namespace recrank
