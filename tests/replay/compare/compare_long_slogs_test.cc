// Long logs of many vats that the kernel served in turn, held against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/scratch_dir.h"
#include "replay/compare/compare_recordings.h"
#include "tests/support/replay/slog_generator.h"

namespace recrank {
namespace compare_long_slogs_test {

using testing::HasSubstr;

constexpr size_t kVats = 40;

SlogHistory history(SlogText::Dialect dialect) {
  return {.dialect = dialect, .vats = kVats, .bytes = uint64_t{2} << 20};
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string log_of(const SlogHistory& history) {
  const ScratchDir scratch;
  const WrittenSlog written = write_slog(scratch.path() / "log", history);
  EXPECT_EQ(written.twisted, history.twist.has_value());
  return text_of(scratch.path() / "log");
}

CompareResult compare(const std::string& a, const std::string& b) {
  return compare_recordings(*OpenedSlog(a), *OpenedSlog(b), {}, {});
}

// "v7 41 computrons" for each vat that differs, and each that nobody can judge.
std::string findings(const CompareResult& result) {
  std::string text;
  for (const SubjectComparison& s : result.subjects) {
    if (s.kind == VerdictKind::kClean) continue;
    text += text.empty() ? s.subject_id : ", " + s.subject_id;
    if (!s.first) {
      text += " " + std::string(to_string(s.kind)) + ": " + s.reason;
      continue;
    }
    EXPECT_EQ(s.first->step.in_a, s.first->step.in_b);
    text += " " + std::to_string(s.first->step.in_a) + " " + std::string(field_name(*s.first));
  }
  return text;
}

// Where the record of that type of the vat's delivery `number` begins in `log`.
size_t place_of(const std::string& log, const std::string& type, const std::string& vat,
                uint64_t number) {
  const std::string members =
      ",\"vatID\":\"" + vat + "\",\"deliveryNum\":" + std::to_string(number) + ",";
  for (size_t at = log.find(members); at != std::string::npos; at = log.find(members, at + 1)) {
    const size_t line = log.rfind('\n', at) + 1;
    if (log.substr(line, at - line).find("\"type\":\"" + type + "\"") != std::string::npos) {
      return line;
    }
  }
  ADD_FAILURE() << "no " << type << " " << number << " of " << vat;
  return 0;
}

class CompareLongSlogs : public testing::TestWithParam<SlogText::Dialect> {};

TEST_P(CompareLongSlogs, OfTheSameHistoryComparesEveryDelivery) {
  const ScratchDir scratch;
  const WrittenSlog written = write_slog(scratch.path() / "log", history(GetParam()));
  const std::string log = text_of(scratch.path() / "log");
  EXPECT_EQ(log, log_of(history(GetParam()))) << "the generator is not deterministic";
  const CompareResult result = compare(log, log);
  EXPECT_EQ(result.kind, VerdictKind::kClean);
  EXPECT_EQ(result.subjects.size(), kVats);
  EXPECT_EQ(result.counts.deliveries, written.deliveries);
  EXPECT_GT(written.deliveries, 5 * kVats);
}

TEST_P(CompareLongSlogs, FindTheOnePlantedDifferenceAmongAllVats) {
  const std::string log = log_of(history(GetParam()));
  for (const RecordedField field :
       {RecordedField::kDelivery, RecordedField::kSyscallWrong, RecordedField::kSyscallExtra,
        RecordedField::kSyscallMissing, RecordedField::kAnswer, RecordedField::kComputrons}) {
    for (const SlogTwist& twist : {SlogTwist{"v1", 10, field}, SlogTwist{"v40", 2, field}}) {
      SlogHistory other = history(GetParam());
      other.twist = twist;
      const CompareResult result = compare(log, log_of(other));
      EXPECT_EQ(findings(result),
                twist.vat + " " + std::to_string(twist.step) + " " + std::string(to_string(field)));
      EXPECT_EQ(result.kind, VerdictKind::kDiverged);
    }
  }
}

TEST_P(CompareLongSlogs, AreNotMisledByATornLineOfOthersOrByNoise) {
  const std::string log = log_of(history(GetParam()));
  std::string noisy = log;
  const size_t at = place_of(log, "deliver", "v1", 5);
  noisy.insert(at, std::string(5000, '\0') + "\n{\"time\":17,\"type\":\"console\",\"torn");
  EXPECT_EQ(findings(compare(log, noisy)), "");
  SlogHistory other = history(GetParam());
  other.twist = SlogTwist{"v1", 5, RecordedField::kComputrons};
  EXPECT_EQ(findings(compare(noisy, log_of(other))), "v1 5 computrons");
}

// A call that is lost makes one step of one vat unreadable; all that others did is still compared.
TEST_P(CompareLongSlogs, TellDamageInsideADeliveryAsDamageOfThatVatAlone) {
  const std::string log = log_of(history(GetParam()));
  std::string torn = log;
  const size_t call = log.find("\n", place_of(log, "deliver", "v1", 5)) + 1;
  torn[call + 100] = '\n';
  SlogHistory other = history(GetParam());
  other.twist = SlogTwist{"v40", 2, RecordedField::kAnswer};
  const std::string found = findings(compare(torn, log_of(other)));
  EXPECT_THAT(found, HasSubstr("v1 unjudged: chain.slog:"));
  EXPECT_THAT(found, HasSubstr(": v1 step 5: "));
  EXPECT_THAT(found, HasSubstr("v40 2 answer"));
}

// All that this process has read from files so far; nothing where the kernel does not count it.
std::optional<uint64_t> bytes_read() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (uint64_t value = 0; io >> name >> value;) {
    if (name == "rchar:") return value;
  }
  return std::nullopt;
}

TEST_P(CompareLongSlogs, ReadEachLogAFewTimesHoweverManyVatsThereAre) {
  const std::string log = log_of(history(GetParam()));
  const OpenedSlog a(log);
  const OpenedSlog b(log);
  const auto before = bytes_read();
  if (!before) GTEST_SKIP() << "skipped: this kernel does not count what is read";
  EXPECT_EQ(compare_recordings(*a, *b, {}, {}).kind, VerdictKind::kClean);
  EXPECT_LT(*bytes_read() - *before, 2 * 4 * log.size());
}

INSTANTIATE_TEST_SUITE_P(Formats, CompareLongSlogs,
                         testing::Values(SlogText::kOf2021, SlogText::kOfLater2021,
                                         SlogText::kOf2024));

}  // namespace compare_long_slogs_test
}  // namespace recrank
