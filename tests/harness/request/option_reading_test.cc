#include "harness/request/option_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness/request/option_table.h"
#include "harness/request/replay_options.h"

namespace recrank {
namespace option_reading_test {

using testing::ElementsAre;

Perturbation parsed(std::vector<std::string> words) {
  return request_from(parse_options(words)).perturbation;
}

StepSchedule parse_schedule(const std::string& text) {
  return read_schedule({"reload-after", text});
}

TEST(PerturbOptions, ComeBackAsTheWordsThatGaveThem) {
  const std::vector<std::string> words{"--parser-buffer", "4096",           "--write-heap-after",
                                       "every:50",        "--reload-after", "7,12,400"};
  const Perturbation perturbation = parsed(words);
  EXPECT_EQ(perturbation.options.get("parser-buffer"), "4096");
  EXPECT_EQ(perturbation.write_heap_after.every, 50U);
  EXPECT_THAT(perturbation.reload_after.steps, ElementsAre(7, 12, 400));
  EXPECT_EQ(option_words(perturbation),
            " --parser-buffer 4096 --write-heap-after every:50 --reload-after 7,12,400");
  EXPECT_EQ(option_words({}), "");
  EXPECT_TRUE(parsed({}).empty());
}

TEST(PerturbOptions, SortTheirLists) {
  EXPECT_THAT(parse_schedule("9,3,5").steps, ElementsAre(3, 5, 9));
}

TEST(PerturbOptions, RefuseWhatNamesNoStep) {
  for (const char* text : {"", ",", "3,", ",3", "a", "-1", "every:", "every:0", "every:x",
                           "every:3,4", "99999999999999999999999", "3 4"}) {
    EXPECT_THROW(static_cast<void>(parse_schedule(text)), Error) << text;
  }
}

TEST(PerturbOptions, RefuseAListWithoutEnd) {
  std::string text = "0";
  for (int i = 1; i < 20'000; ++i) text += "," + std::to_string(i);
  EXPECT_THROW(static_cast<void>(parse_schedule(text)), Error);
}

TEST(PerturbOptions, RefuseABufferThatTheEngineCannotCount) {
  for (const char* size : {"0", "1000001", "4294967296", "x"}) {
    EXPECT_THROW(static_cast<void>(parsed({"--parser-buffer", size})), Error) << size;
  }
}

}  // namespace option_reading_test
}  // namespace recrank
