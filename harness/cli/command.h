// The commands of recrank and how one is run.
//
// A command is a function from words to an exit status. Its result goes to Console::out, all else
// to Console::err; with --json it also writes one JSON object, on failure too.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/interrupt.h"
#include "harness/console/arguments.h"

namespace recrank {

using Json = nlohmann::ordered_json;

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool progress = false;  // standard error is a terminal that can rewrite a line
};

struct Context {
  Console console;
  Interrupt& interrupt;
};

// What a command found: its report and what a person reads of it.
struct CommandResult {
  int exit_status = 0;
  Json report;       // begins with "schema"
  std::string text;  // for people; ends with a newline
};

struct Command {
  std::string_view name;
  std::string_view summary;
  ArgumentSpec (*spec)();
  CommandResult (*run)(const Arguments&, Context&);
  std::string_view schema = {};  // of its reports; empty: "recrank.<name>/1"
};

// One per harness/cmd_*.cc.
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
