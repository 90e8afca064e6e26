// Format: docs/formats/xsnap-wire.md, "Telling the dialects apart"
#include "replay/agoric/xsnap_probe.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/agoric/netstring.h"
#include "replay/agoric/xsnap_exit.h"
#include "replay/agoric/xsnap_files.h"
#include "replay/agoric/xsnap_reply.h"
#include "replay/process/worker_process.h"
#include "snapshot/agoric/bundle_text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kProbeFrameBytesMax = 1 << 16;
constexpr size_t kShownProbeBytes = 200;
constexpr std::chrono::milliseconds kGrace{2000};
constexpr double kMorePatience = 4;
// The first engine generation after 2021 that kernels shipped had XS 11.
constexpr int kXsMajor2024 = 11;

// What the worker does with the two words that tell the dialects apart.
struct WireHabits {
  std::optional<bool> prefixed_answers;
  std::optional<bool> ready;
};

WorkerCommand probe_command(const fs::path& worker, std::vector<std::string> arguments,
                            const ProbeOptions& options) {
  WorkerCommand command;
  command.program = worker;
  command.arguments = std::move(arguments);
  command.memory_bytes = Limits().memory_bytes;
  command.cpu_s = static_cast<uint64_t>(options.deadline_s) + 1;
  return command;
}

std::string how_it_ended(const WorkerEnd& end, const WorkerProcess& process) {
  if (end.signal == SIGXCPU) return "nothing within its processor time";
  const StepOutcome outcome =
      outcome_of_end(end, process.usage(), process.output(), {}, XsnapExits(std::nullopt, 0));
  std::string text = "its end";
  if (const auto* const crashed = std::get_if<StepCrashed>(&outcome)) {
    text += " (" + crashed->end.meaning + ")";
    if (!crashed->end.last_words.empty()) text += " after '" + crashed->end.last_words + "'";
  }
  return text;
}

[[noreturn]] void not_an_engine(const fs::path& worker, const std::string& why) {
  throw Error(ErrorCode::kWorker, worker.string() + ": not an xsnap worker: " + why);
}

// Asks until an answer is there, each time with more patience: on a busy machine a good worker may
// have to wait for a processor longer than another one hangs.
template <typename Try>
auto ask_patiently(const fs::path& worker, const char* question, const ProbeOptions& options,
                   Try try_once) {
  for (double patience_s = options.deadline_s;; patience_s *= kMorePatience) {
    WorkerUsage used;
    if (auto answer = try_once(patience_s, used)) return *std::move(answer);
    const std::string waited = std::string(question) + " brought nothing within " +
                               format_seconds(patience_s) + ", " + formatted(used.cpu_s, "%.1f s") +
                               " of them on a processor";
    if (used.cpu_s >= patience_s / 2) not_an_engine(worker, waited);
    if (patience_s > options.deadline_s) {
      throw Error(ErrorCode::kWorker,
                  worker.string() + ": too slow to tell whether it is an xsnap worker: " + waited +
                      "; try again when the machine is less busy");
    }
  }
}

// "xsnap 0.15.0 (XS 13.3.0)"; nullopt: it was too slow.
std::optional<std::string> try_version(const fs::path& worker, const ProbeOptions& options,
                                       const Interrupt& interrupt, double patience_s,
                                       WorkerUsage& used) {
  WorkerProcess process(probe_command(worker, {"-v"}, options), interrupt);
  process.limit_step(patience_s);
  const auto patience = std::chrono::milliseconds(static_cast<int64_t>(patience_s * 1000));
  const WorkerEnd end = process.finish(patience + kGrace);
  const std::string output = process.output_tail();
  const std::string line = output.substr(0, output.find('\n'));
  used = process.usage();
  if (end.reason == KillReason::kInterrupted) throw Error(ErrorCode::kWorker, "interrupted");
  if (end.reason == KillReason::kStepWall) return std::nullopt;
  if (!end.by_itself || end.signal != 0 || end.exit_status != 0) {
    not_an_engine(worker, "-v brought " + how_it_ended(end, process));
  }
  if (!line.starts_with("xsnap ")) {
    not_an_engine(worker, "-v printed '" + printable(line, kShownProbeBytes) +
                              "' instead of 'xsnap VERSION (XS VERSION)'");
  }
  return printable(line, kShownProbeBytes);
}

// The major number in "(XS 10.6.2)".
std::optional<int> xs_major(std::string_view version) {
  constexpr std::string_view kMark = "(XS ";
  const size_t at = version.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  int major = 0;
  const char* const first = version.data() + at + kMark.size();
  const auto [end, error] = std::from_chars(first, version.data() + version.size(), major);
  return error == std::errc() ? std::optional(major) : std::nullopt;
}

// A worker that makes a call gets "/x" for an answer. One that wants answers marked with '/' takes
// the mark off and hands on "x"; the other hands on both bytes.
std::optional<bool> probe_answer_style(int commands, NetstringReader& reader) {
  if (write_netstring(commands, {"eissueCommand(new ArrayBuffer(1))"}) != WriteStatus::kWritten ||
      reader.next() != FrameStatus::kFrame || reader.payload() != std::string_view("?\0", 2) ||
      write_netstring(commands, {"/x"}) != WriteStatus::kWritten ||
      reader.next() != FrameStatus::kFrame || !reader.payload().starts_with('.')) {
    return std::nullopt;
  }
  std::string problem;
  const std::optional<CommandReply> reply =
      parse_command_reply(reader.payload().substr(1), problem);
  if (!reply) return std::nullopt;
  if (reply->result == "x") return true;
  if (reply->result == "/x") return false;
  return std::nullopt;
}

std::optional<bool> probe_ready(int commands, NetstringReader& reader) {
  if (write_netstring(commands, {"R"}) != WriteStatus::kWritten) return std::nullopt;
  const FrameStatus status = reader.next();
  if (status == FrameStatus::kEnd) return false;
  if (status == FrameStatus::kFrame && reader.payload() == ".") return true;
  return std::nullopt;
}

// nullopt: it was too slow.
std::optional<WireHabits> try_wire(const fs::path& worker, const ProbeOptions& options,
                                   const Interrupt& interrupt, double patience_s,
                                   WorkerUsage& used) {
  WorkerProcess process(probe_command(worker, {"recrank-probe"}, options), interrupt);
  process.limit_step(patience_s);
  NetstringReader reader(process.reply_fd(), kProbeFrameBytesMax);
  WireHabits habits;
  habits.prefixed_answers = probe_answer_style(process.command_fd(), reader);
  if (habits.prefixed_answers) habits.ready = probe_ready(process.command_fd(), reader);
  // Only a worker that knows 'R' is still there, and leaves with its commands.
  process.close_commands();
  const WorkerEnd end = process.finish(kGrace);
  used = process.usage();
  if (end.reason == KillReason::kInterrupted) throw Error(ErrorCode::kWorker, "interrupted");
  // Whatever it said by then: that it said no more is not an answer of its own.
  if (end.reason == KillReason::kStepWall) return std::nullopt;
  if (habits.prefixed_answers) return habits;
  if (!reader.problem().empty()) {
    not_an_engine(worker, "a first command brought " + reader.problem());
  }
  if (end.signal != 0 || end.exit_status != 0) {
    not_an_engine(worker, "a first command brought " + how_it_ended(end, process));
  }
  return habits;
}

const XsnapDialect& find_out_dialect(const fs::path& worker, const std::string& version,
                                     const ProbeOptions& options, const Interrupt& interrupt) {
  if (!options.dialect.empty()) {
    const XsnapDialect* const named = find_dialect(options.dialect);
    if (named != nullptr) return *named;
    throw Error(ErrorCode::kUsage,
                "no dialect '" + options.dialect + "'; there are " + dialect_names());
  }
  const WireHabits habits =
      ask_patiently(worker, "a first command", options, [&](double patience_s, WorkerUsage& used) {
        return try_wire(worker, options, interrupt, patience_s, used);
      });
  for (const std::string_view name : {kXsnap2021, kXsnap2024}) {
    const XsnapDialect& dialect = xsnap_dialect(name);
    if (habits.ready == dialect.answers_ready &&
        habits.prefixed_answers == !dialect.answer_prefix.empty()) {
      return dialect;
    }
  }
  // Known to speak, but not what: its age has to do.
  const bool mixed = habits.ready && habits.prefixed_answers;
  if (const std::optional<int> major = xs_major(version); major && !mixed) {
    return xsnap_dialect(*major < kXsMajor2024 ? kXsnap2021 : kXsnap2024);
  }
  throw Error(ErrorCode::kWorker, worker.string() +
                                      ": speaks none of the known dialects; name the "
                                      "nearest with --dialect (" +
                                      dialect_names() + ")");
}

void load_bundle(const fs::path& file, std::string_view name, XsnapProgram& program) {
  if (!file.empty()) lay_bundle_over(file, name, program);
}

}  // namespace

void lay_bundle_over(const fs::path& file, std::string_view name, XsnapProgram& program) {
  const std::string text = read_small_file(file, kBundleBytesMax);
  program.sources.set(name, bundle_source(text, file.string()));
  auto& parts = program.identity.parts;
  std::erase_if(parts, [&](const auto& part) { return part.first == name; });
  parts.emplace_back(name, sha256_hex(text));
}

XsnapProgram probe_engine(const fs::path& path, const ProbeOptions& options,
                          const Interrupt& interrupt) {
  const EngineFiles files = find_engine_files(path);
  XsnapProgram program;
  program.worker = files.worker;
  EngineIdentity& identity = program.identity;
  identity.name = options.name.empty() ? files.name : options.name;
  identity.sha256 = sha256_hex_of_file(files.worker);
  load_bundle(files.lockdown, kLockdown, program);
  load_bundle(files.supervisor, kSupervisor, program);
  identity.version =
      ask_patiently(files.worker, "-v", options, [&](double patience_s, WorkerUsage& used) {
        return try_version(files.worker, options, interrupt, patience_s, used);
      });
  program.dialect = &find_out_dialect(files.worker, identity.version, options, interrupt);
  identity.dialect = program.dialect->name;
  return program;
}

}  // namespace recrank::agoric
