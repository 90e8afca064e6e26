#include "harness/cli/command.h"

#include <array>
#include <new>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "harness/cli/log_options.h"
#include "harness/console/exit_status.h"
#include "replay/process/containment.h"

namespace recrank {
namespace {

constexpr std::array kCommands{
    &kInspectCommand, &kReplayCommand,   &kBisectCommand,  &kShrinkCommand,   &kPackCommand,
    &kRunCommand,     &kScenarioCommand, &kCompareCommand, &kSnapshotCommand, &kCaptureCommand,
    &kTriageCommand,  &kEnginesCommand,  &kDoctorCommand};

std::string overview() {
  std::string text =
      "recrank re-runs recorded history: it restores a vat from the database, transcript or log\n"
      "of a crashed machine, replays the recorded deliveries on a real engine, and says where\n"
      "execution diverges or dies.\n\nUsage: recrank <command> [options]\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const Command* command : kCommands) {
    rows.push_back({"  " + std::string(command->name), std::string(command->summary)});
  }
  text += format_table(rows);
  text +=
      "\n`recrank <command> --help` shows options and examples.\n\n"
      "Exit status: 0 clean, 1 diverged, 2 crashed, 3 limit, 125 unjudged, 129 usage,\n"
      "130 interrupted, 134 an error of recrank itself.\n";
  return text;
}

const Command* find_command(std::string_view name) {
  for (const Command* command : kCommands) {
    if (command->name == name) return command;
  }
  return nullptr;
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kInvalidData: return "invalid-data";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kWorker: return "worker";
    case ErrorCode::kUnsupported: return "unsupported";
  }
  return "unknown";
}

void write_json(const Json& report, const std::string& target, Context& context) {
  const std::string text = json_text(report, 2) + "\n";
  if (target == "-") {
    context.console.out << text << std::flush;
    return;
  }
  AtomicFile file(target);
  file.write(text);
  file.commit();
}

// The report of a command that could not do its work: no verdict but "unjudged" is possible.
Json failure_report(const Command& command, const Error& error) {
  const std::string what = printable(error.what());
  const std::string usual = "recrank." + std::string(command.name) + "/1";
  Json report{{"schema", command.schema.empty() ? usual : std::string(command.schema)},
              {"verdict", {{"kind", "unjudged"}, {"reason", what}}},
              {"error", {{"code", to_string(error.code())}, {"text", what}}}};
  if (error.code() == ErrorCode::kUsage) report.erase("verdict");
  return report;
}

int report_failure(const Command& command, const Error& error,
                   const std::optional<std::string>& json, Context& context) {
  context.console.err << "recrank " << command.name << ": " << printable(error.what()) << "\n";
  if (error.code() == ErrorCode::kUsage) {
    context.console.err << "`recrank " << command.name << " --help` shows options and examples.\n";
  }
  if (json) write_json(failure_report(command, error), *json, context);
  return exit_status_of(error.code());
}

// --json FILE before the words are known to be right, so that a wrong call is reported there too.
std::optional<std::string> json_target(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json" && i + 1 < words.size()) return words[i + 1];
    if (words[i].rfind("--json=", 0) == 0) return words[i].substr(7);
  }
  return std::nullopt;
}

int run_one(const Command& command, const std::vector<std::string>& words, Context& context) {
  const std::optional<std::string> json = json_target(words);
  try {
    ArgumentSpec spec = command.spec();
    const Arguments arguments = Arguments::parse(spec, words);
    if (arguments.help_asked()) {
      context.console.out << spec.help();
      return kExitClean;
    }
    apply_common_options(arguments);
    // Of a line that is rewritten again and again, lines of a log would leave nothing.
    if (arguments.flag("quiet") || log_is_on()) context.console.progress = false;
    CommandResult result = command.run(arguments, context);
    if (const std::string less = containment_shortfall(); !less.empty()) {
      result.report["sandbox"] = printable(less);
      if (!arguments.flag("quiet")) context.console.err << "sandbox: " << printable(less) << "\n";
    }
    if (json != "-") context.console.out << result.text << std::flush;
    if (json) write_json(result.report, *json, context);
    return result.exit_status;
  } catch (const Error& error) {
    return report_failure(command, error, json, context);
  } catch (const std::bad_alloc&) {
    return report_failure(command, Error(ErrorCode::kIo, "out of memory"), json, context);
  }
}

}  // namespace

int run_command_line(const std::vector<std::string>& words, Context& context) {
  if (words.empty()) {
    context.console.err << overview();
    return kExitUsage;
  }
  const std::string& name = words.front();
  if (name == "--help" || name == "-h" || name == "help") {
    context.console.out << overview();
    return kExitClean;
  }
  if (name == "--version") {
    context.console.out << "recrank " << version() << "\n";
    return kExitClean;
  }
  const Command* command = find_command(name);
  if (command == nullptr) {
    context.console.err << "recrank: no command '" << printable(name, 60)
                        << "'; `recrank --help` lists them.\n";
    return kExitUsage;
  }
  try {
    const int status = run_one(*command, {words.begin() + 1, words.end()}, context);
    tell_kept_scratch(context.console);
    return status;
  } catch (const Error& error) {  // the report itself could not be written
    context.console.err << "recrank: " << printable(error.what()) << "\n";
    return exit_status_of(error.code());
  }
}

}  // namespace recrank
