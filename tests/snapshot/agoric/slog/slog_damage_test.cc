// Whatever the bytes are: a correct reading, a note or an Error.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "snapshot/agoric/slog/slog.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_damage_test {

std::string small_log(SlogText::Dialect dialect) {
  SlogText log(dialect);
  log.process().create("v1", "alice").create("v2", "").replay("v1", 0).replay("v2", 0);
  if (dialect == SlogText::kOf2024) log.start_vat("v1").start_vat("v2");
  log.deliver("v1", "a", {{"x", "1"}}).deliver("v2", "b");
  if (dialect == SlogText::kOf2024) log.save("v1", "ab");
  log.fail("v2", "c", "Compute meter exceeded", {{"y", "2"}}).terminate("v2").deliver("v1", "d");
  log.text.pop_back();
  log.process().create("v1", "alice").replay("v1", 2).deliver("v1", "e", {{"z", "3"}});
  return log.text;
}

// Every step as the recording gives it, and what it says besides.
struct Reading {
  std::set<std::string> steps;  // "v1 0 a(x=1)"
  bool complains = false;
};

void read_range(const Recording& recording, const std::string& vat, StepRange range,
                Reading& reading) {
  range.end = std::min(range.end, range.begin + 100);  // a damaged number can name a far range
  for (const std::string& step : steps_of(recording, vat, range)) {
    if (step.find(" <") == std::string::npos) reading.steps.insert(vat + " " + step);
    else reading.complains = true;
  }
}

Reading read(const Recording& recording) {
  Reading reading;
  reading.complains = !recording.info().notes.empty();
  for (const Subject& subject : recording.subjects()) {
    for (const StepRange& range : subject.held) {
      read_range(recording, subject.id, range, reading);
    }
    try {
      static_cast<void>(recording.setup(subject.id, 0));
    } catch (const Error&) {
      reading.complains = true;
    }
  }
  reading.complains = reading.complains || !recording.verify({}).damage.empty();
  return reading;
}

Reading read(const std::string& text) {
  static const TextFile file("");  // one for thousands of texts
  file.rewrite(text);
  try {
    return read(*open_slog(file.path(), "chain.slog"));
  } catch (const Error&) {
    return {.steps = {}, .complains = true};
  }
}

class SlogDamage : public testing::TestWithParam<SlogText::Dialect> {};

TEST_P(SlogDamage, CutOffAnywhereGivesTheStepsBeforeTheCut) {
  const std::string text = small_log(GetParam());
  const Reading whole = read(text);
  EXPECT_GE(whole.steps.size(), 5U);
  for (size_t size = 0; size < text.size(); ++size) {
    const Reading part = read(text.substr(0, size));
    for (const std::string& step : part.steps) {
      ASSERT_TRUE(whole.steps.count(step)) << "cut at " << size << ": " << step;
    }
  }
}

// A flipped bit inside a string that stays a string cannot be seen in a format without checksums;
// everything else must be told, and no step may come out with another number.
TEST_P(SlogDamage, FlippedAnywhereIsToldOrStaysInsideItsText) {
  const std::string text = small_log(GetParam());
  size_t told = 0;
  size_t tried = 0;
  for (size_t at = 0; at < text.size(); at += 3) {
    std::string damaged = text;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 7)));
    ++tried;
    if (read(damaged).complains) ++told;
  }
  EXPECT_GE(tried, 500U);
  EXPECT_GE(told, tried / 4);
}

TEST_P(SlogDamage, MissingLinesNeverMakeAStepThatWasNot) {
  const std::string text = small_log(GetParam());
  const Reading whole = read(text);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const Reading part = read(text.substr(0, begin) + text.substr(end));
    const bool in_syscall = text.compare(begin, end - begin, "syscall") != 0;
    for (const std::string& step : part.steps) {
      EXPECT_TRUE(whole.steps.count(step) || !in_syscall)
          << step << " without " << text.substr(begin, std::min<size_t>(end - begin, 100));
    }
    begin = end;
  }
}

INSTANTIATE_TEST_SUITE_P(AllDialects, SlogDamage,
                         testing::Values(SlogText::kOf2021, SlogText::kOfLater2021,
                                         SlogText::kOf2024));

// v1: "step N why" of all that the log has only a part of, with "lost" where it was whole once.
std::string parts_of(const std::string& text) {
  const OpenedSlog slog(text);
  std::string parts;
  for (const MissingSteps& each : find_subject(*slog, "v1").missing) {
    parts += "step " + std::to_string(each.steps.begin) + " " + each.why +
             (each.lost() ? " (lost)" : "") + "\n";
  }
  return parts;
}

std::string without_line(const std::string& text, const std::string& part) {
  const size_t at = text.rfind(part);
  const size_t begin = text.rfind('\n', at) + 1;
  return text.substr(0, begin) + text.substr(text.find('\n', at) + 1);
}

TEST(SlogLoss, OfTheLastDeliverysBeginOrEndIsSeenInWhatIsLeftOfIt) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").create("v2", "bob").start_vat("v1").start_vat("v2");
  log.deliver("v1", "a").deliver("v1", "last", {{"x", "1"}});
  EXPECT_EQ(parts_of(log.text), "");
  EXPECT_EQ(parts_of(without_line(log.text, "\"type\":\"deliver\"")),
            "step 3 its begin is missing (lost)\n");
  EXPECT_EQ(parts_of(without_line(log.text, "\"type\":\"deliver-result\"")),
            "step 3 the log ends before its end was recorded\n");
  log.deliver("v2", "b");
  const std::string two = log.text;
  const size_t of_v1 = two.rfind("\"type\":\"deliver-result\"", two.rfind("\"type\":\"deliver\""));
  EXPECT_EQ(
      parts_of(two.substr(0, two.rfind('\n', of_v1) + 1) + two.substr(two.find('\n', of_v1) + 1)),
      "step 3 the next delivery came before its end was recorded (lost)\n");
}

TEST(SlogLoss, OfWhatWasMadeAgainIsNone) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").deliver("v1", "a");
  log.begin("v1", R"(["message","b"])");
  log.process().create("v1", "alice").roll_back(3, {{"v1", 3}}).deliver("v1", "b");
  EXPECT_EQ(parts_of(log.text), "");
}

TEST(SlogEvidence, IsNotTouched) {
  const TextFile file(small_log(SlogText::kOf2024));
  const auto time = std::filesystem::last_write_time(file.path());
  const std::string hash = sha256_hex_of_file(file.path());
  read(*open_slog(file.path(), "x"));
  EXPECT_EQ(sha256_hex_of_file(file.path()), hash);
  EXPECT_EQ(std::filesystem::last_write_time(file.path()), time);
  const auto files = std::filesystem::directory_iterator(file.path().parent_path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

}  // namespace slog_damage_test
}  // namespace recrank::agoric
