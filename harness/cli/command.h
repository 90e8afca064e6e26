// The commands of recrank and how one is run.
//
// A command is a function from words to an exit status. Its result goes to Console::out, all else
// to Console::err; with --json it also writes one JSON object, on failure too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/arguments.h"
#include "harness/console/console.h"

namespace recrank {

struct Command {
  std::string_view name;
  std::string_view summary;
  ArgumentSpec (*spec)();
  CommandResult (*run)(const Arguments&, Context&);
  std::string_view schema = {};  // of its reports; empty: "recrank.<name>/1"
};

// One per harness/cli/cmd_*.cc.
extern const Command kInspectCommand;
extern const Command kReplayCommand;
extern const Command kBisectCommand;
extern const Command kCaptureCommand;
extern const Command kCompareCommand;
extern const Command kPackCommand;
extern const Command kSnapshotCommand;
extern const Command kEnginesCommand;
extern const Command kShrinkCommand;
extern const Command kBisectCommand;
extern const Command kDoctorCommand;
extern const Command kRunCommand;
extern const Command kScenarioCommand;
extern const Command kTriageCommand;

// Runs `words` (without the program's name) and returns the exit status.
[[nodiscard]] int run_command_line(const std::vector<std::string>& words, Context& context);

}  // namespace recrank
