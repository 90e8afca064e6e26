// `recrank triage`: what died in a log, how often, and what of it is known.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "harness/triage/triage_report.h"
#include "replay/triage/triage.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/open/recognise.h"
#include "snapshot/open/unpack.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// A record of a journal holds a whole request; what is longer is cut off.
constexpr size_t kLineBytesRead = size_t{64} << 20;

ArgumentSpec triage_spec() {
  ArgumentSpec spec;
  spec.usage = "triage LOG... [--known FILE] [--scenarios DIR]";
  spec.about =
      "Reads logs (all that journalctl, syslog, docker, kubectl and fluent-bit write, captured "
      "stderr,\n"
      "a server's app.ndjson; also compressed) and tells what died in them: deaths of one "
      "signature "
      "are\n"
      "one class, with their number, builds, first and last time, and the filed finding or the "
      "scenario\n"
      "that they belong to.\n"
      "Exit status: 0 nothing died, 1 nothing did, but a node came to other hashes than its "
      "network,\n"
      "2 something died, 125 nothing in the logs is known to recrank.";
  spec.examples =
      "  recrank triage /var/log/dispatch/app.ndjson\n"
      "  journalctl -u dispatch >dispatch.log; recrank triage dispatch.log --scenarios scenarios\n"
      "  recrank triage node.log.gz --known known.json --json - | jq '.classes[].signature'\n";
  spec.positional_min = 1;
  spec.positional_max = 1000;
  spec.positional_names = Names::kInput;
  add_value(spec, "known", "FILE", "findings that are filed already (docs/scenarios.md)",
            Names::kInput);
  add_value(spec, "scenarios", "DIR",
            "a scenario, or a directory with some, to name what is reproduced", Names::kInput);
  return spec;
}

// Pipes and the like: copied first, since a log is read at places.
UniqueFd copy_of_pipe(const std::string& log, const ScratchDir& scratch) {
  const UniqueFd from(log == "-" ? ::dup(0) : ::open(log.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from.valid()) throw_errno(log, errno);
  UniqueFd to = open_nameless(scratch.path());
  std::string buffer(size_t{1} << 20, '\0');
  while (const size_t got = read_some(from.get(), buffer.data(), buffer.size(), log)) {
    write_all(to.get(), std::string_view(buffer).substr(0, got), log);
  }
  return to;
}

void read_log(const std::string& log, Triage& triage, const Interrupt& interrupt) {
  struct stat status {};
  const bool pipe = log == "-" || (::stat(log.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
                                   !S_ISDIR(status.st_mode));
  std::optional<ScratchDir> scratch;
  std::optional<Unpacked> unpacked;
  UniqueFd fd;
  if (pipe) {
    fd = copy_of_pipe(log, scratch.emplace());
  } else {
    fs::path path = log;
    const Wrapping wrapping = recognise_file(path).wrapping;
    if (wrapping == Wrapping::kArchive) {
      throw Error(ErrorCode::kUnsupported, log + ": an archive: unpack it and name the logs in it");
    }
    if (wrapping == Wrapping::kCompressed) {
      path = unpacked.emplace(unpack(path, log)).path;
      if (unpacked->archive) {
        throw Error(ErrorCode::kUnsupported,
                    log + ": an archive: unpack it and name the logs in it");
      }
    }
    fd = open_for_read(path);
  }
  LineReader reader({.fd = fd.get(),
                     .name = log,
                     .end = file_size(fd.get(), log),
                     .line_bytes_max = kLineBytesRead});
  triage.begin_file(log);
  Line line;
  while (reader.next(line) && !interrupt.requested()) triage.take(line.text, line.overlong);
  triage.end_file();
}

// A rotated journal is read before the one that goes on.
std::vector<std::string> in_order(const std::vector<std::string>& given,
                                  std::vector<std::string>& notes) {
  std::vector<std::string> logs;
  const auto held = [&](const std::string& log) {
    return std::find(given.begin(), given.end(), log) != given.end();
  };
  for (const std::string& log : given) {
    const std::string rotated = log + ".1";
    std::error_code error;
    const bool beside = log.ends_with(".ndjson") && fs::is_regular_file(rotated, error);
    const bool placed = std::find(logs.begin(), logs.end(), log) != logs.end();
    if (placed) continue;
    if ((held(rotated) || beside) && std::find(logs.begin(), logs.end(), rotated) == logs.end()) {
      if (!held(rotated)) notes.push_back(rotated + " lies beside it and is read first");
      logs.push_back(rotated);
    }
    logs.push_back(log);
  }
  return logs;
}

std::vector<Scenario> scenarios_at(const std::optional<std::string>& place) {
  std::vector<Scenario> scenarios;
  if (!place) return scenarios;
  for (const fs::path& directory : find_scenarios(*place))
    scenarios.push_back(load_scenario(directory));
  return scenarios;
}

CommandResult run_triage(const Arguments& arguments, Context& context) {
  std::vector<KnownFinding> known;
  if (const auto file = arguments.text("known")) known = load_known_findings(*file);
  const std::vector<Scenario> scenarios = scenarios_at(arguments.text("scenarios"));
  std::vector<std::string> notes;
  const std::vector<std::string> logs = in_order(arguments.positional(), notes);
  Triage triage;
  for (const std::string& log : logs) read_log(log, triage, context.interrupt);
  TriageResult found = triage.finish();
  found.notes.insert(found.notes.begin(), notes.begin(), notes.end());
  for (const std::string& note : found.notes) {
    if (!arguments.flag("quiet")) context.console.err << "note: " << printable(note) << "\n";
  }
  if (found.known_lines == 0 && found.deaths == 0 && !context.interrupt.requested()) {
    throw Error(ErrorCode::kInvalidData,
                logs.front() + (logs.size() > 1 ? " and the others" : "") + ": none of " +
                    format_count(found.lines) +
                    " lines is one that recrank knows; docs/triage.md lists them");
  }
  std::vector<ClassMatch> matches;
  for (const CrashClass& each : found.classes)
    matches.push_back(match_class(each, known, scenarios));
  CommandResult result;
  result.report = triage_json(found, matches, logs);
  result.text = triage_text(found, matches);
  result.exit_status = context.interrupt.requested() ? kExitInterrupted
                       : found.deaths > 0            ? kExitCrashed
                       : found.mismatches > 0        ? kExitDiverged
                                                     : kExitClean;
  return result;
}

}  // namespace

const Command kTriageCommand{"triage", "what died in logs, how often, and what of it is known",
                             triage_spec, run_triage};

}  // namespace recrank
