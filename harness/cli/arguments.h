// The command line of one command: its options, its help, its values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/request/option_table.h"
#include "harness/request/option_values.h"
#include "harness/request/replay_options.h"

namespace recrank {

// Of --jobs: engines side by side.
inline constexpr uint64_t kJobsMax = 256;

struct ArgumentOption {
  std::string name;   // "jobs,j"
  std::string value;  // stands for the value in the help; empty: it takes none
  std::string help;
  Names names = Names::kNothing;
  std::string implied = {};  // what it means without a value; empty: it must have one
};

struct ArgumentGroup {
  std::string caption;
  std::vector<ArgumentOption> options;
};

// What a command accepts. `usage` is the line behind "Usage: recrank "; `examples` are whole lines.
// Options are shown in groups; those added before the first begin_group() are in "Options".
struct ArgumentSpec {
  std::string usage;
  std::string about;
  std::string examples;
  size_t positional_min = 0;
  size_t positional_max = 0;
  Names positional_names = Names::kNothing;
  size_t positional_named = 0;  // the words before it name no file
  std::vector<ArgumentGroup> groups{{"Options", {}}};

  void begin_group(const char* caption) { groups.push_back({caption, {}}); }
  // Adds the options of the table that `command` takes, in their groups.
  void take_options_of(OptionUsers command);
  [[nodiscard]] std::string help() const;
};

// The values of all options, those of the command's own too, and the other words. A wrong call
// throws kUsage with one line.
class Arguments : public OptionValues {
 public:
  // --help, --json, --force, --quiet, --log, --keep-scratch and --sandbox are accepted by every
  // command.
  static Arguments parse(ArgumentSpec& spec, const std::vector<std::string>& words);

  [[nodiscard]] const std::vector<std::string>& positional() const { return positional_; }
  [[nodiscard]] bool help_asked() const { return flag("help"); }
  // The same words with other values.
  [[nodiscard]] Arguments with(OptionValues values) const;
  // What is called for when that word names a recording.
  [[nodiscard]] ReplayCall call(size_t word = 0) const { return {positional_.at(word), *this}; }

 private:
  std::vector<std::string> positional_;
};

// An option with one value / without, to be added to the newest group. `value` stands for the value
// in the help.
void add_value(ArgumentSpec& spec, const char* name, const char* value, const char* help,
               Names names = Names::kNothing);
void add_flag(ArgumentSpec& spec, const char* name, const char* help);

}  // namespace recrank
