// The command line of one command: its options, its help, its values.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// Of --jobs: engines side by side.
inline constexpr uint64_t kJobsMax = 256;

constexpr unsigned kHelpColumns = 100;

struct OptionGroup {
  explicit OptionGroup(const char* shown) : caption(shown), options(shown, kHelpColumns) {}
  std::string caption;
  boost::program_options::options_description options;
};

// What a command accepts. `usage` is the line behind "Usage: recrank "; `examples` are whole lines.
// Options are shown in groups; those added before the first begin_group() are in "Options".
struct ArgumentSpec {
  std::string usage;
  std::string about;
  std::string examples;
  size_t positional_min = 0;
  size_t positional_max = 0;
  std::vector<OptionGroup> groups{OptionGroup("Options")};

  void begin_group(const char* caption) { groups.emplace_back(caption); }
  // Adds those of `source` that are named, in its groups.
  void take_from(const ArgumentSpec& source, std::span<const std::string_view> names);
  [[nodiscard]] std::string help() const;
};

// Parsed and checked values. A wrong call throws kUsage with one line.
class Arguments {
 public:
  // --help, --json, --quiet, --log and --keep-scratch are accepted by every command.
  static Arguments parse(ArgumentSpec& spec, const std::vector<std::string>& words);

  [[nodiscard]] bool has(const std::string& name) const { return values_.count(name) != 0; }
  [[nodiscard]] bool flag(const std::string& name) const;
  [[nodiscard]] std::optional<std::string> text(const std::string& name) const;
  [[nodiscard]] std::optional<uint64_t> number(const std::string& name) const;
  // From `least` to `most`.
  [[nodiscard]] std::optional<uint64_t> number(const std::string& name, uint64_t least,
                                               uint64_t most) const;
  [[nodiscard]] std::optional<double> seconds(const std::string& name) const;
  // Above 0 and up to 1.
  [[nodiscard]] std::optional<double> share(const std::string& name) const;
  [[nodiscard]] std::optional<uint64_t> bytes(const std::string& name) const;
  // One of `choices`; anything else is kUsage that lists them.
  [[nodiscard]] std::optional<std::string> choice(const std::string& name,
                                                  const std::vector<std::string>& choices) const;
  // These values, and where nobody gave one, that of `fallback`.
  [[nodiscard]] Arguments over(const Arguments& fallback) const;
  [[nodiscard]] const std::vector<std::string>& positional() const { return positional_; }
  [[nodiscard]] bool help_asked() const { return flag("help"); }

 private:
  [[nodiscard]] std::optional<double> positive(const std::string& name, double most,
                                               const char* what) const;

  boost::program_options::variables_map values_;
  std::vector<std::string> positional_;
};

// An option with one value / without, to be added to the newest group. `value` stands for the value
// in the help.
void add_value(ArgumentSpec& spec, const char* name, const char* value, const char* help);
void add_flag(ArgumentSpec& spec, const char* name, const char* help);

}  // namespace recrank
