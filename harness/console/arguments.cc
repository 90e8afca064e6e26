#include "harness/console/arguments.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

namespace po = boost::program_options;

constexpr const char* kPositional = "positional-words";

[[noreturn]] void bad_value(const std::string& name, const std::string& value, const char* wanted) {
  throw Error(ErrorCode::kUsage,
              "--" + name + " takes " + wanted + ", not '" + printable(value, 100) + "'");
}

po::variables_map parse_words(const ArgumentSpec& spec, const std::vector<std::string>& words) {
  po::options_description all;
  for (const OptionGroup& group : spec.groups) all.add(group.options);
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
    po::notify(values);
  } catch (const po::error& error) {
    throw Error(ErrorCode::kUsage, error.what());
  }
  return values;
}

}  // namespace

void ArgumentSpec::take_from(const ArgumentSpec& source, std::span<const std::string_view> names) {
  for (const OptionGroup& group : source.groups) {
    OptionGroup taken(group.caption.c_str());
    for (const auto& option : group.options.options()) {
      const bool wanted = std::find(names.begin(), names.end(), option->long_name()) != names.end();
      if (!wanted) continue;
      const bool first = group.caption == groups.front().caption;
      (first ? groups.front() : taken).options.add(option);
    }
    if (!taken.options.options().empty()) groups.push_back(taken);
  }
}

std::string ArgumentSpec::help() const {
  std::ostringstream out;
  out << "Usage: recrank " << usage << "\n\n" << about << "\n\n";
  for (const OptionGroup& group : groups) out << group.options << "\n";
  out << "Examples:\n" << examples;
  return out.str();
}

Arguments Arguments::parse(ArgumentSpec& spec, const std::vector<std::string>& words) {
  spec.begin_group("Debugging");
  add_value(spec, "log", "MODULE:LEVEL[,...]",
            "what happens, on standard error, such as process:debug,wire:trace or all:info");
  add_flag(spec, "keep-scratch", "scratch directories stay, and are named at the end");
  spec.begin_group("Report");
  add_value(spec, "json", "FILE", "write the report as JSON to FILE; - is standard output");
  add_flag(spec, "quiet,q", "no progress, no notes: the result only");
  add_flag(spec, "help,h", "this text");
  Arguments arguments;
  arguments.values_ = parse_words(spec, words);
  if (arguments.has(kPositional)) {
    arguments.positional_ = arguments.values_[kPositional].as<std::vector<std::string>>();
  }
  const size_t count = arguments.positional_.size();
  if (!arguments.help_asked() && (count < spec.positional_min || count > spec.positional_max)) {
    throw Error(ErrorCode::kUsage, "usage: recrank " + spec.usage);
  }
  return arguments;
}

Arguments Arguments::over(const Arguments& fallback) const {
  Arguments both = *this;
  for (const auto& [name, value] : fallback.values_) {
    if (value.defaulted() || name == kPositional) continue;
    const auto own = both.values_.find(name);
    if (own != both.values_.end() && !own->second.defaulted()) continue;
    both.values_.erase(name);
    both.values_.insert({name, value});
  }
  return both;
}

bool Arguments::flag(const std::string& name) const {
  return has(name) && values_[name].as<bool>();
}

std::optional<std::string> Arguments::text(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  return values_[name].as<std::string>();
}

std::optional<uint64_t> Arguments::number(const std::string& name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto number = parse_uint(*value);
  if (!number) bad_value(name, *value, "a whole number");
  return number;
}

std::optional<double> Arguments::positive(const std::string& name, double most,
                                          const char* what) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || !(number > 0) ||
      number > most) {
    bad_value(name, *value, what);
  }
  return number;
}

std::optional<uint64_t> Arguments::number(const std::string& name, uint64_t least,
                                          uint64_t most) const {
  const std::optional<uint64_t> value = number(name);
  if (!value || (*value >= least && *value <= most)) return value;
  throw Error(ErrorCode::kUsage, "--" + name + " takes a number from " + std::to_string(least) +
                                     " to " + std::to_string(most));
}

std::optional<double> Arguments::seconds(const std::string& name) const {
  return positive(name, 1e9, "a number of seconds above 0");
}

std::optional<double> Arguments::share(const std::string& name) const {
  return positive(name, 1, "a share above 0 and up to 1, such as 0.5");
}

std::optional<uint64_t> Arguments::bytes(const std::string& name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto number = parse_bytes(*value);
  if (!number || *number == 0) bad_value(name, *value, "a size such as 1500MB or 2GiB");
  return number;
}

std::optional<std::string> Arguments::choice(const std::string& name,
                                             const std::vector<std::string>& choices) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  if (std::find(choices.begin(), choices.end(), *value) != choices.end()) return value;
  std::string wanted = "one of";
  for (const std::string& each : choices) wanted += " " + each;
  bad_value(name, *value, wanted.c_str());
}

void add_value(ArgumentSpec& spec, const char* name, const char* value, const char* help) {
  spec.groups.back().options.add_options()(name, po::value<std::string>()->value_name(value), help);
}

void add_flag(ArgumentSpec& spec, const char* name, const char* help) {
  spec.groups.back().options.add_options()(name, po::bool_switch(), help);
}

}  // namespace recrank
