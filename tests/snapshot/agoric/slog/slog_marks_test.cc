// The packed marks against a plain list of the same.
#include "snapshot/agoric/slog/slog_marks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace recrank::agoric {
namespace slog_marks_test {

std::string text(const std::optional<SlogMark>& mark) {
  if (!mark) return "none";
  return std::to_string(mark->number) + "@" + std::to_string(mark->place.offset) + ":" +
         std::to_string(mark->place.line);
}

// What SlogMarks says of itself, word for word.
class PlainMarks {
 public:
  void add(const SlogMark& mark) { marks_.push_back(mark); }
  void drop_from(uint64_t number) {
    while (!marks_.empty() && marks_.back().number >= number) marks_.pop_back();
  }
  [[nodiscard]] std::optional<SlogMark> last_until(uint64_t number) const {
    if (marks_.empty()) return std::nullopt;
    SlogMark found = marks_.front();
    for (const SlogMark& mark : marks_) {
      if (mark.number <= number) found = mark;
    }
    return found;
  }
  [[nodiscard]] std::optional<SlogMark> at_offset(uint64_t offset) const {
    for (const SlogMark& mark : marks_) {
      if (mark.place.offset == offset) return mark;
    }
    return std::nullopt;
  }

 private:
  std::vector<SlogMark> marks_;
};

// Both kinds, and the mark that comes next.
struct Pair {
  SlogMarks packed;
  PlainMarks plain;
  SlogMark next;

  void add(uint64_t numbers, uint64_t bytes, uint64_t lines) {
    next.number += numbers;
    next.place.offset += bytes;
    next.place.line += lines;
    packed.add(next);
    plain.add(next);
  }
  void drop_from(uint64_t number) {
    packed.drop_from(number);
    plain.drop_from(number);
    next.number = std::min(next.number, number);
  }
  void expect_equal(uint64_t number, uint64_t offset) const {
    EXPECT_EQ(text(packed.last_until(number)), text(plain.last_until(number))) << number;
    EXPECT_EQ(text(packed.at_offset(offset)), text(plain.at_offset(offset))) << offset;
  }
};

TEST(SlogMarks, OfNothingFindNothing) {
  SlogMarks marks;
  marks.drop_from(0);
  EXPECT_TRUE(marks.empty());
  EXPECT_EQ(text(marks.last_until(7)), "none");
  EXPECT_EQ(text(marks.at_offset(0)), "none");
}

TEST(SlogMarks, AreFoundByNumberAndByPlaceThroughSeveralGroups) {
  Pair marks;
  for (uint64_t i = 0; i < 3 * SlogMarks::kGroup + 1; ++i) marks.add(2, 1000, 10);
  for (uint64_t number = 0; number < 210; ++number) marks.expect_equal(number, number * 500);
  EXPECT_EQ(marks.packed.group_count(), 4U);
  EXPECT_EQ(text(marks.packed.group_first(1)), "66@33000:331");
}

TEST(SlogMarks, KeepDifferencesOfAnySize) {
  Pair marks;
  for (unsigned bits = 0; bits < 53; ++bits) {
    marks.add(1 + (uint64_t{1} << (bits % 40)), uint64_t{1} << bits, (uint64_t{1} << bits) - 1);
    marks.expect_equal(marks.next.number, marks.next.place.offset);
  }
}

TEST(SlogMarks, CanBeCutOffAnywhereAndGoOn) {
  constexpr uint64_t kCount = 2 * SlogMarks::kGroup + 2;
  for (uint64_t cut = 0; cut <= kCount + 1; ++cut) {
    Pair marks;
    for (uint64_t i = 0; i < kCount; ++i) marks.add(1, 300, 3);
    marks.drop_from(cut);
    for (uint64_t i = 0; i < kCount; ++i) marks.add(1, 70'000, 500);
    for (uint64_t number = 0; number < 2 * kCount; ++number) {
      marks.expect_equal(number, 300 * number);
      marks.expect_equal(number, 300 * kCount + 70'000 * number);
    }
  }
}

TEST(SlogMarks, SayTheSameAsAPlainListAfterAnyHistory) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    Pair marks;
    for (int i = 0; i < 400; ++i) {
      if (random() % 20 == 0) marks.drop_from(random() % (marks.next.number + 2));
      marks.add(1 + random() % 3, 1 + random() % (uint64_t{1} << (random() % 30)), random() % 300);
      marks.expect_equal(random() % (marks.next.number + 2), marks.next.place.offset);
      marks.expect_equal(marks.next.number, random() % (marks.next.place.offset + 1));
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace slog_marks_test
}  // namespace recrank::agoric
