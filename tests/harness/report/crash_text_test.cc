#include "harness/report/crash_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

namespace recrank {
namespace crash_text_test {

CrashReport died_in(const std::vector<std::string>& functions) {
  CrashReport report;
  report.fault.signal = SIGSEGV;
  for (const std::string& each : functions) {
    Frame& frame = report.fault.frames.emplace_back();
    frame.module = "xs";
    frame.function = each;
  }
  return report;
}

// The lines of the frames, without their indentation and offsets: "#0 mark".
std::string frames_of(const CrashReport& report) {
  std::string out;
  const std::string text = crash_text(report, "");
  for (size_t begin = text.find('\n') + 1; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    std::string line = text.substr(begin + 2, end - begin - 2);
    if (const size_t offset = line.find("+0x"); offset != std::string::npos) line.resize(offset);
    if (const size_t module = line.find(" xs!"); module != std::string::npos) line.erase(module, 4);
    out += line + "\n";
    begin = end + 1;
  }
  return out;
}

std::vector<std::string> times(size_t count, const std::vector<std::string>& functions) {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) all.insert(all.end(), functions.begin(), functions.end());
  return all;
}

std::vector<std::string> operator+(std::vector<std::string> inner,
                                   const std::vector<std::string>& outer) {
  inner.insert(inner.end(), outer.begin(), outer.end());
  return inner;
}

// The crash of 2021 in little: what matters is who was collecting, and for whom.
TEST(CrashText, ShowsWhatBeganARecursionAndTheOutermostFrames) {
  EXPECT_EQ(
      frames_of(died_in(times(20, {"mark"}) +
                        std::vector<std::string>{"collect", "new_slot", "register", "run", "loop",
                                                 "main", "__libc_start_main", "_start"})),
      "#0 mark\n#1 mark\n#2 mark\n#3 mark\n#4 mark\n#5 mark\n"
      "…  14 more frames of this recursion: mark\n"
      "#20 collect\n#21 new_slot\n#22 register\n#23 run\n#24 loop\n#25 main\n");
}

TEST(CrashText, ShowsTheOutermostFramesOfAStackThatIsHeldWhole) {
  std::vector<std::string> deep;
  for (int i = 0; i < 30; ++i) deep.push_back("f" + std::to_string(i));
  const std::string text = frames_of(died_in(deep));
  EXPECT_THAT(text, testing::HasSubstr("#11 f11\n…  15 more frames\n#27 f27\n#28 f28\n#29 f29\n"));
}

TEST(CrashText, CountsWhatWasLeftOutAndNumbersNothingBehindIt) {
  CrashReport report = died_in(times(32, {"mark", "list"}) +
                               std::vector<std::string>{"collect", "new_slot", "main"});
  report.fault.frames[64].left_out_before = 1000;
  report.fault.frames[66].left_out_before = 7;
  const std::string text = frames_of(report);
  EXPECT_THAT(text,
              testing::HasSubstr("#5 list\n…  1,058 more frames of this recursion: mark, list\n"
                                 "… collect\n… new_slot\n…  7 more frames\n… main\n"));
}

TEST(CrashText, LeavesAShortStackAsItIs) {
  EXPECT_EQ(frames_of(died_in({"a", "b", "a", "main"})), "#0 a\n#1 b\n#2 a\n#3 main\n");
  EXPECT_EQ(frames_of(died_in({"main"})), "#0 main\n");
}

}  // namespace crash_text_test
}  // namespace recrank
