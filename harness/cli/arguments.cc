#include "harness/cli/arguments.h"

#include <boost/program_options.hpp>
#include <sstream>
#include <utility>

#include "base/error.h"

namespace recrank {
namespace {

namespace po = boost::program_options;

constexpr unsigned kHelpColumns = 100;
constexpr const char* kPositional = "positional-words";

po::options_description described(const ArgumentGroup& group) {
  po::options_description out(group.caption, kHelpColumns);
  for (const ArgumentOption& option : group.options) {
    if (option.value.empty()) {
      out.add_options()(option.name.c_str(), option.help.c_str());
    } else {
      auto* const value = po::value<std::string>();
      value->value_name(option.value);
      if (!option.implied.empty()) value->implicit_value(option.implied);
      out.add_options()(option.name.c_str(), value, option.help.c_str());
    }
  }
  return out;
}

po::variables_map parse_words(const ArgumentSpec& spec, const std::vector<std::string>& words) {
  po::options_description all;
  for (const ArgumentGroup& group : spec.groups) all.add(described(group));
  all.add_options()(kPositional, po::value<std::vector<std::string>>(), "");
  po::positional_options_description places;
  places.add(kPositional, -1);
  po::variables_map values;
  try {
    // Abbreviated options are refused: a later option must not change what a script means.
    constexpr auto kStyle =
        po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(all).positional(places).style(kStyle).run(),
              values);
  } catch (const po::error& error) {
    throw Error(ErrorCode::kUsage, error.what());
  }
  return values;
}

ArgumentOption argument_of(const ReplayOption& option) {
  const std::string name(option.name);
  return {option.letter.empty() ? name : name + "," + std::string(option.letter),
          std::string(option.value), std::string(option.help), option.names,
          std::string(option.implied)};
}

}  // namespace

void ArgumentSpec::take_options_of(OptionUsers command) {
  for (const std::string_view caption : kOptionGroups) {
    ArgumentGroup taken{std::string(caption), {}};
    const bool first = caption == kOptionGroups.front();
    for (const ReplayOption& option : replay_options()) {
      if ((option.commands & command) == 0 || option.group != caption) continue;
      (first ? groups.front() : taken).options.push_back(argument_of(option));
    }
    if (!taken.options.empty()) groups.push_back(std::move(taken));
  }
}

std::string ArgumentSpec::help() const {
  std::ostringstream out;
  out << "Usage: recrank " << usage << "\n\n" << about << "\n\n";
  for (const ArgumentGroup& group : groups) out << described(group) << "\n";
  out << "Examples:\n" << examples;
  return out.str();
}

Arguments Arguments::parse(ArgumentSpec& spec, const std::vector<std::string>& words) {
  spec.begin_group("Debugging");
  add_value(spec, "log", "MODULE:LEVEL[,...]",
            "what happens, on standard error, such as process:debug,wire:trace or all:info");
  add_flag(spec, "keep-scratch", "scratch directories stay, and are named at the end");
  add_value(spec, "sandbox", "auto|require",
            "what contains engines: what the machine gives (auto), or all or nothing");
  spec.begin_group("Report");
  add_value(spec, "json", "FILE", "write the report as JSON to FILE; - is standard output",
            Names::kReport);
  add_flag(spec, "force",
           "what is written replaces what recrank did not write, but never what it reads");
  add_flag(spec, "quiet,q", "no progress, no notes: the result only");
  add_flag(spec, "help,h", "this text");
  Arguments arguments;
  for (const auto& [name, value] : parse_words(spec, words)) {
    if (name == kPositional) {
      arguments.positional_ = value.as<std::vector<std::string>>();
    } else {
      arguments.set(name, value.empty() ? "" : value.as<std::string>());
    }
  }
  const size_t count = arguments.positional_.size();
  if (!arguments.help_asked() && (count < spec.positional_min || count > spec.positional_max)) {
    throw Error(ErrorCode::kUsage, "usage: recrank " + spec.usage);
  }
  return arguments;
}

Arguments Arguments::with(OptionValues values) const {
  Arguments both = *this;
  static_cast<OptionValues&>(both) = std::move(values);
  return both;
}

void add_value(ArgumentSpec& spec, const char* name, const char* value, const char* help,
               Names names) {
  spec.groups.back().options.push_back({name, value, help, names});
}

void add_flag(ArgumentSpec& spec, const char* name, const char* help) {
  spec.groups.back().options.push_back({name, "", help, Names::kNothing});
}

}  // namespace recrank
