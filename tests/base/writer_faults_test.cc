// Every writer, killed at each of its system calls and with each of them failing: under the final
// name lies the old content or the new one, whole, and the next write leaves nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "base/atomic_directory.h"
#include "base/atomic_file.h"
#include "base/scratch_dir.h"
#include "tests/base/faulty_child.h"

namespace recrank {
namespace writer_faults_test {

namespace fs = std::filesystem;
using testing::AnyOf;

constexpr int kCallsMost = 1000;  // a writer makes some 30
const std::string kOld(9000, 'o');
const std::string kNew(9000, 'n');

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

size_t entries(const fs::path& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory), {}));
}

void write_file(const fs::path& place, bool named, const std::string& bytes) {
  AtomicFile file(place);
  if (named) static_cast<void>(file.temporary_path());
  file.write(bytes);
  file.commit();
}

struct FaultKind {
  Fault fault;
  int error;
};

class WriterFaults : public testing::TestWithParam<FaultKind> {
 protected:
  // Strikes at the 1st, 2nd, … call until there is none left; `check` after each.
  template <typename Work, typename Check>
  void strike_everywhere(Work&& work, Check&& check) {
    int nth = 1;
    for (; nth < kCallsMost; ++nth) {
      const FaultyEnd end = run_faulty(work, GetParam().fault, nth, GetParam().error);
      check(end);
      if (!end.struck) break;
      ASSERT_FALSE(testing::Test::HasFailure()) << "call " << nth;
    }
    EXPECT_GT(nth, 5) << "it was struck too seldom to tell";
    EXPECT_LT(nth, kCallsMost);
  }

  ScratchDir scratch_;
  fs::path directory_ = scratch_.path() / "reports";
  fs::path place_ = directory_ / "report.json";
};

TEST_P(WriterFaults, AFileIsReplacedWholeOrNotAtAll) {
  fs::create_directory(directory_);
  for (const bool named : {false, true}) {
    write_file(place_, named, kOld);
    strike_everywhere([&] { write_file(place_, named, kNew); },
                      [&](const FaultyEnd& end) {
                        EXPECT_THAT(content(place_), AnyOf(kOld, kNew));
                        if (end.exit_status == 0) {
                          EXPECT_EQ(content(place_), kNew) << "said to be done";
                        }
                        write_file(place_, named, kOld);
                        EXPECT_EQ(entries(directory_), 1U);
                      });
  }
}

TEST_P(WriterFaults, ADirectoryAppearsWholeOrNotAtAll) {
  fs::create_directory(directory_);
  const fs::path made = directory_ / "made";
  const auto work = [&] {
    AtomicDirectory directory(made);
    write_file(directory.path() / "one", false, kNew);
    write_file(directory.path() / "two", false, kNew);
    directory.commit();
  };
  strike_everywhere(work, [&](const FaultyEnd& end) {
    if (fs::exists(made)) {
      EXPECT_EQ(content(made / "one"), kNew);
      EXPECT_EQ(content(made / "two"), kNew);
    } else {
      EXPECT_NE(end.exit_status, 0) << "said to be done";
    }
    fs::remove_all(made);
    AtomicDirectory(made).commit();
    EXPECT_EQ(entries(directory_), 1U);
    fs::remove_all(made);
  });
}

INSTANTIATE_TEST_SUITE_P(Of, WriterFaults,
                         testing::Values(FaultKind{Fault::kKill, 0},
                                         FaultKind{Fault::kFail, ENOSPC},
                                         FaultKind{Fault::kFail, EIO},
                                         FaultKind{Fault::kFail, EACCES}));

}  // namespace writer_faults_test
}  // namespace recrank
