#include "harness/cli/command.h"

#include <array>
#include <memory>
#include <new>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "harness/cli/call_files.h"
#include "harness/cli/log_options.h"
#include "harness/console/exit_status.h"
#include "harness/console/output_file.h"
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

// Where --json goes.
class JsonReport {
 public:
  JsonReport(const std::string& target, Context& context) : context_(context) {
    if (target != kStandardOutput) file_ = std::make_unique<OutputFile>(context.outputs, target);
  }

  [[nodiscard]] bool is_standard_output() const { return file_ == nullptr; }
  void write(const Json& report) {
    const std::string text = json_text(report, 2) + "\n";
    if (file_ == nullptr) return say(context_.console.out, text);
    file_->write(text);
    file_->commit();
  }

 private:
  Context& context_;
  std::unique_ptr<OutputFile> file_;
};

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

void tell(const Command& command, const std::string& what, Context& context) {
  context.console.err << "recrank " << command.name << ": " << printable(what) << "\n";
}

// Runs `write`; false where what it writes is lost, which is told.
template <typename Write>
bool delivered(const Command& command, Context& context, Write&& write) {
  try {
    write();
    return true;
  } catch (const Error& error) {
    tell(command, error.what(), context);
    return false;
  }
}

int report_failure(const Command& command, const Error& error, JsonReport* json, Context& context) {
  tell(command, error.what(), context);
  const bool usage = error.code() == ErrorCode::kUsage;
  if (usage) {
    context.console.err << "`recrank " << command.name << " --help` shows options and examples.\n";
  }
  // A file of the user's is not touched by a call that cannot be meant.
  if (json != nullptr && (!usage || json->is_standard_output())) {
    delivered(command, context, [&] { json->write(failure_report(command, error)); });
  }
  return exit_status_of(error.code());
}

int report_result(const Command& command, const CommandResult& result, JsonReport* json,
                  Context& context) {
  bool whole = json == nullptr || delivered(command, context, [&] { json->write(result.report); });
  if (json == nullptr || !json->is_standard_output()) {
    whole &= delivered(command, context,
                       [&] { say(context.console.out, printable_lines(result.text)); });
  }
  for (const std::string& why : result.lost) tell(command, why, context);
  return whole && result.lost.empty() ? result.exit_status : kExitUnjudged;
}

// `--json -` before the words are known to be right: whoever reads it is told of a wrong call too.
bool asks_for_json_on_standard_output(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json=-") return true;
    if (words[i] == "--json" && i + 1 < words.size() && words[i + 1] == kStandardOutput)
      return true;
  }
  return false;
}

int run_one(const Command& command, const std::vector<std::string>& words, Context& context) {
  std::optional<JsonReport> json;
  if (asks_for_json_on_standard_output(words)) json.emplace(kStandardOutput, context);
  const auto report = [&] { return json ? &*json : nullptr; };
  try {
    ArgumentSpec spec = command.spec();
    const Arguments arguments = Arguments::parse(spec, words);
    if (arguments.help_asked()) {
      say(context.console.out, spec.help());
      return kExitClean;
    }
    apply_common_options(arguments);
    if (arguments.flag("force")) context.outputs.replace_foreign();
    settle_files(spec, arguments, context.outputs);
    if (const auto target = arguments.text("json")) json.emplace(*target, context);
    // Of a line that is rewritten again and again, lines of a log would leave nothing.
    if (arguments.flag("quiet") || log_is_on()) context.console.progress = false;
    CommandResult result = command.run(arguments, context);
    if (const std::string less = containment_shortfall(); !less.empty()) {
      result.report["sandbox"] = printable(less);
      if (!arguments.flag("quiet")) context.console.err << "sandbox: " << printable(less) << "\n";
    }
    return report_result(command, result, report(), context);
  } catch (const Error& error) {
    return report_failure(command, error, report(), context);
  } catch (const std::bad_alloc&) {
    return report_failure(command, Error(ErrorCode::kIo, "out of memory"), report(), context);
  }
}

int run_words(const std::vector<std::string>& words, Context& context) {
  if (words.empty()) {
    context.console.err << overview();
    return kExitUsage;
  }
  const std::string& name = words.front();
  if (name == "--help" || name == "-h" || name == "help") {
    say(context.console.out, overview());
    return kExitClean;
  }
  if (name == "--version") {
    say(context.console.out, "recrank " + std::string(version()) + "\n");
    return kExitClean;
  }
  const Command* command = find_command(name);
  if (command == nullptr) {
    context.console.err << "recrank: no command '" << printable(name, 60)
                        << "'; `recrank --help` lists them.\n";
    return kExitUsage;
  }
  const int status = run_one(*command, {words.begin() + 1, words.end()}, context);
  tell_kept_scratch(context.console);
  return status;
}

}  // namespace

int run_command_line(const std::vector<std::string>& words, Context& context) {
  try {
    return run_words(words, context);
  } catch (const Error& error) {  // not even --help could be written
    context.console.err << "recrank: " << printable(error.what()) << "\n";
    return exit_status_of(error.code());
  }
}

}  // namespace recrank
