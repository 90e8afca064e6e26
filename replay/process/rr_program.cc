#include "replay/process/rr_program.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "replay/process/worker_process.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr double kRrProbeSeconds = 60;
constexpr double kPackSeconds = 600;
constexpr uint64_t kFileBytesMax = 4ULL << 30;
constexpr uint64_t kOpenFilesMax = 4096;
constexpr size_t kShownBytes = 300;

struct Ended {
  WorkerEnd end;
  std::string output;
};

// Runs rr to its end, confined to `directory` for writing; what it says of a trace it finds in all
// the files that were mapped.
Ended run_rr(const fs::path& rr, std::vector<std::string> arguments, const fs::path& directory,
             double seconds, const Interrupt& interrupt) {
  WorkerCommand command;
  command.sandbox = recorder_sandbox(directory);
  command.sandbox.reads_all = arguments.front() != "record";
  command.program = rr;
  command.arguments = std::move(arguments);
  command.memory_bytes = std::numeric_limits<uint64_t>::max();
  command.cpu_s = static_cast<uint64_t>(seconds) * 4;
  command.file_bytes_max = kFileBytesMax;
  command.open_files_max = kOpenFilesMax;
  command.environment["RR_TMPDIR"] = directory.string();
  // Where it remembers what it has patched; without it, it wants to write to the root.
  command.environment["XDG_CACHE_HOME"] = directory.string();
  WorkerProcess process(std::move(command), interrupt);
  process.limit_step(seconds);
  const auto patience = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000) + 2000);
  const WorkerEnd end = process.finish(patience);
  return {end, process.output_tail()};
}

bool succeeded(const WorkerEnd& end) {
  return end.by_itself && end.signal == 0 && end.exit_status == 0;
}

std::string first_line_with(const std::string& text, std::string_view what) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(what) != std::string::npos) return line;
  }
  return "";
}

// What a machine refuses for good.
bool lacks_counters(const std::string& output) {
  return output.find("perf_event") != std::string::npos ||
         output.find("performance counter") != std::string::npos;
}

std::string shown(const std::string& text) { return printable(text, kShownBytes); }

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

fs::path named_program(const std::string& name, const char* where) {
  if (is_program(name)) return fs::absolute(name).lexically_normal();
  throw Error(ErrorCode::kUnsupported, std::string(where) + " names " + shown(name) +
                                           ", which is no program that can be run");
}

}  // namespace

fs::path program_on_path(const char* name) {
  const char* const list = std::getenv("PATH");
  std::istringstream directories(list == nullptr ? "/usr/local/bin:/usr/bin:/bin" : list);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const fs::path candidate = fs::path(directory.empty() ? "." : directory) / name;
    if (is_program(candidate)) return fs::absolute(candidate);
  }
  return {};
}

fs::path find_rr(const std::optional<std::string>& asked) {
  if (asked) return named_program(*asked, "--rr");
  const char* const named = std::getenv("RECRANK_RR");
  if (named != nullptr && *named != '\0') return named_program(named, "RECRANK_RR");
  const fs::path found = program_on_path("rr");
  if (!found.empty()) return found;
  throw Error(ErrorCode::kUnsupported,
              "no rr on PATH; install it (Debian: apt install rr) or name one with --rr");
}

std::string explain_rr_failure(const std::string& output) {
  const std::string paranoid = first_line_with(output, "perf_event_paranoid");
  if (!paranoid.empty()) {
    return "perf_event_paranoid forbids the counters; as root: sysctl kernel.perf_event_paranoid=1 "
           "(" +
           shown(paranoid) + ")";
  }
  if (lacks_counters(output)) {
    return "needs hardware counters, which this machine does not give; an rr with software "
           "counters "
           "(--rr PATH) does without";
  }
  if (output.find("No space left") != std::string::npos ||
      output.find("ENOSPC") != std::string::npos) {
    return "no space is left for its trace; set TMPDIR to a place with more";
  }
  const std::string fatal = first_line_with(output, "FATAL");
  if (!fatal.empty()) return "it says: " + shown(fatal);
  std::string first = output.substr(0, output.find('\n'));
  return first.empty() ? "it ended without a word" : "it says: " + shown(first);
}

RrAnswer probe_rr(const fs::path& rr, const Interrupt& interrupt) {
  const ScratchDir scratch;
  const std::string help =
      run_rr(rr, {"record", "--help"}, scratch.path(), kRrProbeSeconds, interrupt).output;
  RrAnswer answer;
  answer.software_counters = help.find("--software-counters") != std::string::npos;
  if (help.find("--output-trace-dir") == std::string::npos) {
    answer.why = rr.string() + " cannot be used: `record --help` does not speak of traces: no rr";
    return answer;
  }
  const RrProgram program{rr, answer.software_counters};
  std::vector<std::string> words = rr_record_words(program, scratch.path() / "probe", {});
  words.erase(words.begin());
  words.emplace_back("/bin/true");
  const Ended ended = run_rr(rr, std::move(words), scratch.path(), kRrProbeSeconds, interrupt);
  if (ended.end.reason == KillReason::kInterrupted) {
    throw Error(ErrorCode::kWorker, "interrupted");
  }
  answer.usable = succeeded(ended.end);
  answer.lasting = answer.usable || lacks_counters(ended.output);
  if (!answer.usable) {
    const bool slow = ended.end.reason == KillReason::kStepWall;
    answer.why =
        rr.string() + " cannot be used: " +
        (slow ? "it did not record /bin/true within a minute" : explain_rr_failure(ended.output));
  }
  return answer;
}

std::vector<std::string> rr_record_words(const RrProgram& rr, const fs::path& trace,
                                         const std::vector<std::string>& extra) {
  std::vector<std::string> words{rr.path.string(), "record", "-o", trace.string(), "-n"};
  if (rr.software_counters) words.emplace_back("-W");
  words.insert(words.end(), extra.begin(), extra.end());
  words.emplace_back("--");
  return words;
}

std::string rr_replay_command(const RrProgram& rr, const fs::path& trace) {
  return shell_quote(rr.path.string()) + " replay" + (rr.software_counters ? " -W" : "") + " -e " +
         shell_quote(trace.string());
}

void rr_pack(const RrProgram& rr, const fs::path& trace, const Interrupt& interrupt) {
  const Ended ended =
      run_rr(rr.path, {"pack", trace.string()}, trace.parent_path(), kPackSeconds, interrupt);
  if (succeeded(ended.end)) return;
  throw Error(ErrorCode::kIo, "rr pack failed: " + explain_rr_failure(ended.output));
}

bool rr_trace_is_whole(const RrProgram& rr, const fs::path& trace, const Interrupt& interrupt) {
  const Ended ended =
      run_rr(rr.path, {"ps", trace.string()}, trace.parent_path(), kPackSeconds, interrupt);
  if (!succeeded(ended.end)) return false;
  // PID, PPID, EXIT, CMD; the command of one that never executed anything is put in brackets.
  std::istringstream lines(ended.output);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::string command = line.substr(line.rfind('\t') + 1);
    if (!command.empty() && command.front() != '(') return true;
  }
  return false;
}

}  // namespace recrank
