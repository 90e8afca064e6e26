// What the options and words of all commands name.
#include "harness/cli/call_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "harness/cli/command.h"
#include "harness/console/own_form.h"

namespace recrank {
namespace call_files_test {

constexpr std::array kAll{&kInspectCommand,  &kReplayCommand,  &kBisectCommand,   &kShrinkCommand,
                          &kPackCommand,     &kRunCommand,     &kScenarioCommand, &kCompareCommand,
                          &kSnapshotCommand, &kCaptureCommand, &kTriageCommand,   &kEnginesCommand,
                          &kDoctorCommand};

TEST(Commands, ReportUnderSchemasThatAreKnownAsRecranks) {
  for (const Command* command : kAll) {
    const std::string usual = "recrank." + std::string(command->name) + "/1";
    const std::string schema = command->schema.empty() ? usual : std::string(command->schema);
    EXPECT_TRUE(is_own_report("{\n  \"schema\": \"" + schema + "\",")) << schema;
  }
}

// Else an output could go over an input unseen.
TEST(Options, ThatNameAFileSayWhatItIsFor) {
  constexpr std::array kFiles{"FILE", "DIR", "PATH", "PROGRAM", "REPO", "E"};
  for (const Command* command : kAll) {
    for (const ArgumentGroup& group : command->spec().groups) {
      for (const ArgumentOption& option : group.options) {
        const bool file = std::find(kFiles.begin(), kFiles.end(), option.value) != kFiles.end();
        EXPECT_TRUE(!file || option.names != Names::kNothing)
            << command->name << " --" << option.name;
      }
    }
  }
}

TEST(Commands, ThatTakeWordsSayWhatTheyName) {
  for (const Command* command : kAll) {
    const ArgumentSpec spec = command->spec();
    EXPECT_EQ(spec.positional_max == 0, spec.positional_names == Names::kNothing) << command->name;
  }
}

}  // namespace call_files_test
}  // namespace recrank
