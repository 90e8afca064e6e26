// What the doctor says where something is missing, and that it says it of everything.

#include "harness/engines/doctor.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/scratch_dir.h"
#include "harness/capture/directory_watch.h"
#include "harness/cli/command.h"
#include "harness/console/console.h"
#include "harness/console/exit_status.h"
#include "replay/process/core_file.h"

namespace recrank {
namespace doctor_test {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Keeps one variable of the environment as it was.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* const was = std::getenv(name);
    if (was != nullptr) was_ = was;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (was_) ::setenv(name_, was_->c_str(), 1);
    else ::unsetenv(name_);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> was_;
};

class Doctor : public testing::Test {
 protected:
  int run(const std::vector<std::string>& words) {
    Context context{{out_, err_}, interrupt_};
    return run_command_line(words, context);
  }
  ScratchDir home_;
  Variable recrank_home_{"RECRANK_HOME", home_.path().string()};
  Variable engines_{"RECRANK_ENGINES", (home_.path() / "none").string()};
  Interrupt interrupt_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(Doctor, AnswersEveryQuestionInOneLine) {
  for (const DoctorProbe& probe : kDoctorProbes) {
    const DoctorItem item = probe.examine(interrupt_);
    EXPECT_FALSE(item.what.empty()) << probe.name;
    EXPECT_EQ((item.what + item.remedy).find('\n'), std::string::npos) << probe.name;
  }
}

TEST_F(Doctor, WithoutAnEngineSaysThatNothingCanBeReplayed) {
  EXPECT_EQ(run({"doctor", "--json", "-"}), kExitUnjudged);
  const Json report = Json::parse(out_.str());
  EXPECT_EQ(report.at("can_replay"), false);
  EXPECT_EQ(report.at("items").at(0).at("name"), "engines");
  EXPECT_EQ(report.at("items").at(0).at("state"), "missing");
  EXPECT_THAT(report.at("items").at(0).at("remedy").get<std::string>(), HasSubstr("engines add"));
  EXPECT_EQ(report.at("items").size(), kDoctorProbes.size());
}

TEST_F(Doctor, NamesABrokenListOfEngines) {
  std::ofstream(home_.path() / "engines.json") << "{";
  const DoctorItem item = examine_engines(interrupt_);
  EXPECT_EQ(item.state, DoctorState::kMissing);
  EXPECT_THAT(item.what, HasSubstr("engines.json"));
}

TEST_F(Doctor, NamesAScratchPlaceThatIsNotThere) {
  const Variable place("TMPDIR", "/no/such/place");
  EXPECT_EQ(examine_scratch(interrupt_).state, DoctorState::kMissing);
}

TEST_F(Doctor, AgreesWithWhatCaptureCoreSays) {
  const std::string why = why_no_core(CorePattern::of_system());
  const DoctorItem item = examine_core_files(interrupt_);
  EXPECT_EQ(item.state, why.empty() ? DoctorState::kOk : DoctorState::kLimited);
}

TEST_F(Doctor, SaysThatThereIsNoRr) {
  const Variable rr("RECRANK_RR", "/no/such/rr");
  const DoctorItem item = examine_rr(interrupt_);
  EXPECT_EQ(item.state, DoctorState::kLimited);
  EXPECT_THAT(item.what, HasSubstr("RECRANK_RR names /no/such/rr"));
}

TEST(DirectoryWatch, RequestsTheInterruptOnceThereIsTooMuch) {
  const ScratchDir scratch;
  Interrupt interrupt;
  {
    DirectoryWatch watch(scratch.path(), 100'000, interrupt);
    std::ofstream(scratch.path() / "small") << std::string(50'000, 'x');
    EXPECT_FALSE(watch.stop());
    EXPECT_FALSE(interrupt.requested());
  }
  DirectoryWatch watch(scratch.path(), 100'000, interrupt);
  fs::create_directory(scratch.path() / "below");
  std::ofstream(scratch.path() / "below" / "large") << std::string(200'000, 'x');
  EXPECT_TRUE(watch.stop());  // looks once more, so nothing hangs on the clock
  EXPECT_TRUE(interrupt.requested());
}

TEST(DirectoryWatch, OfADirectoryThatVanishesSeesNothing) {
  Interrupt interrupt;
  DirectoryWatch watch("/no/such/place", 0, interrupt);
  EXPECT_FALSE(watch.stop());
}

}  // namespace doctor_test
}  // namespace recrank
