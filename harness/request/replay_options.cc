#include "harness/request/replay_options.h"

#include <array>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "harness/request/choose.h"
#include "harness/request/perturb_options.h"
#include "snapshot/agoric/bundle_text.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank {
namespace {

// Options with a value that change what a replay does, and so belong into a reproducer.
constexpr std::array kCarriedValues{
    "meter-limit",      "wall-limit",   "step-limit",     "cpu-limit",  "memory-limit",
    "compare",          "aslr",         "vat-parameters", "cache-size", "enable-disavow",
    "vat-bundle",       "lockdown",     "supervisor",     "dialect",    "parser-buffer",
    "write-heap-after", "reload-after", "verify-clock",   "checkpoint"};

Limits limits_from(const Arguments& arguments) {
  Limits limits;
  if (const auto computrons = arguments.number("meter-limit")) {
    if (*computrons > kMeterLimitMax) {
      throw Error(ErrorCode::kUsage, "--meter-limit is at most " + std::to_string(kMeterLimitMax) +
                                         ": an engine reads it as a signed 32-bit number");
    }
    limits.computrons = computrons;
  }
  limits.wall_s = arguments.seconds("wall-limit").value_or(limits.wall_s);
  limits.step_wall_s = arguments.seconds("step-limit").value_or(limits.step_wall_s);
  if (const auto cpu = arguments.seconds("cpu-limit")) {
    limits.cpu_s = std::max<uint64_t>(1, static_cast<uint64_t>(*cpu));
  }
  limits.memory_bytes = arguments.bytes("memory-limit").value_or(limits.memory_bytes);
  return limits;
}

std::string json_text(const Arguments& arguments, const char* name, const std::string& text) {
  JsonCursor cursor(text);
  try {
    cursor.skip_value();
    cursor.expect_end();
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, "--" + std::string(name) + ": " + error.what());
  }
  return *arguments.text(name);
}

// What an .sst or a slog does not hold, from the user.
Setup setup_from(const Arguments& arguments) {
  Setup setup;
  for (const std::string_view name : {kVatParameters, kCacheSize}) {
    const std::string option(name);
    if (const auto text = arguments.text(option)) {
      setup.set(name, json_text(arguments, option.c_str(), *text));
    }
  }
  setup.set(kEnableDisavow, arguments.choice(std::string(kEnableDisavow), {"true", "false"}));
  for (const std::string_view name : {kVatBundle, kLockdown, kSupervisor}) {
    const auto file = arguments.text(std::string(name));
    if (!file) continue;
    setup.set(
        name,
        with_context([&] { return *file; },
                     [&] { return bundle_json_of_file(read_small_file(*file, kBundleBytesMax)); }));
  }
  return setup;
}

void add_capture_options(ArgumentSpec& spec) {
  add_value(spec, "capture", "MODE",
            "shim (default): say how an engine died or where it hangs; core: bring its core file; "
            "rr: record it; none: only its signal");
  add_value(spec, "core-out", "DIR",
            "with --capture core: directory for recrank-core-VAT-STEP (default: this one)");
  add_value(spec, "rr", "PATH",
            "with --capture rr: the rr to use (default: $RECRANK_RR, else rr on PATH)");
  add_value(spec, "rr-args", "WORDS",
            "with --capture rr: more words for `rr record`, between spaces, such as \"-h\"");
  add_value(spec, "rr-steps", "K",
            "with --capture rr: record so many steps, the crashing one included (default 1)");
  add_value(spec, "rr-out", "DIR",
            "with --capture rr: the trace's directory (default: recrank-rr-VAT-STEP)");
  add_value(spec, "rr-size-limit", "SIZE",
            "with --capture rr: give up above that size, such as 200MB (default 1GiB)");
}

void add_telemetry_option(ArgumentSpec& spec) {
  add_value(
      spec, "telemetry", "FILE",
      "what each step cost (time, memory, the engine's meter) to this file: CSV if it ends in "
      ".csv, else JSON lines");
}

void add_perturb_plan_options(ArgumentSpec& spec) {
  add_value(
      spec, "perturb", "K",
      "run it again under so many harmless variations that move collections and memory: is a crash "
      "gone or only hidden?");
  add_value(spec, "seed", "N", "of the variations that --perturb chooses (default 1)");
}

// The modes that can be asked for, by their names.
constexpr std::array kCaptureModes{CaptureMode::kShim, CaptureMode::kCore, CaptureMode::kNone};

CaptureMode capture_from(const Arguments& arguments) {
  const auto asked = arguments.text("capture");
  if (!asked || *asked == "rr") return CaptureMode::kShim;  // rr comes after: CaptureSession
  std::string words;
  for (const CaptureMode mode : kCaptureModes) {
    if (*asked == to_string(mode)) return mode;
    words += std::string(to_string(mode)) + ", ";
  }
  throw Error(ErrorCode::kUsage,
              "--capture takes one of " + words + "rr, not '" + printable(*asked, 60) + "'");
}

}  // namespace

CompareOptions compare_from(const Arguments& arguments) {
  const auto list = arguments.text("compare");
  if (!list) return {};
  CompareOptions compare{false, false, false, false, false};
  std::istringstream words(*list);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "syscalls") compare.syscalls = true;
    else if (word == "result") compare.result = true;
    else if (word == "computrons") compare.computrons = true;
    else if (word == "snapshots") compare.snapshots = true;
    else if (word == "facts") compare.facts = true;
    else
      throw Error(ErrorCode::kUsage,
                  "--compare takes a list of syscalls,result,computrons,snapshots,facts, not '" +
                      printable(word, 60) + "'");
  }
  if (!compare.syscalls && !compare.result && !compare.computrons && !compare.snapshots &&
      !compare.facts) {
    throw Error(ErrorCode::kUsage,
                "--compare names nothing: a replay that compares nothing proves nothing");
  }
  return compare;
}

EngineOptions engine_options_from(const Arguments& arguments) {
  EngineOptions options;
  options.set("verify-clock", arguments.choice("verify-clock", {"none", "sample", "all"}));
  return options;
}

ArgumentSpec replay_spec() {
  ArgumentSpec spec;
  spec.usage = "replay RECORDING [--vat V | --all] [options]";
  spec.about =
      "Replays recorded steps on an engine and holds every system call, result, computron count, "
      "heap\n"
      "snapshot and state hash against the recording. RECORDING is a swing-store, a kernel "
      "database, an\n"
      "export, a slog, an .sst, a capsule or a journal of events, plain, compressed or in an "
      "archive,\n"
      "or a node's directory. Stored hashes are checked before anything runs. Nothing in it is "
      "changed.";
  spec.examples =
      "  recrank replay ~/.agoric/data/agoric --vat v6\n"
      "  recrank replay swingstore.sqlite --all --jobs 2 --json report.json\n"
      "  recrank replay chain.slog.gz --vat v9 --meter-limit 100000000\n"
      "  recrank replay swingstore.sqlite --vat bank --from 3000 --to 3100 --engine ./my-build/\n"
      "  recrank replay swingstore.sqlite --vat bank --memory-limit 1500MB --repeat 20 --explain\n"
      "  recrank replay bank.crank\n"
      "  recrank replay /var/lib/montana --checkpoint backup/montana --verify-clock sample\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  add_value(spec, "vat", "V", "the vat or other subject, by id or name");
  add_flag(spec, "all", "every vat that has a transcript");
  add_value(spec, "from", "N",
            "first step of interest; begins at the nearest checkpoint at or before it");
  add_value(spec, "to", "N", "last step, inclusive (default: the last recorded one)");
  add_checkpoint_option(spec);
  add_flag(spec, "from-genesis", "begin at the start of the incarnation, not at a heap snapshot");
  add_value(spec, "engine", "E",
            "name (`recrank engines list`), worker binary, directory with worker and bundles, or "
            "engine file (JSON)");
  add_value(spec, "jobs,j", "N",
            "so many engines side by side (default 1; with --all the processors); given with "
            "--vat, the spans of the vat are run apart");
  spec.begin_group("How a step is judged");
  add_value(spec, "on-divergence", "HOW", "stop (default) or continue: list all of them");
  add_value(spec, "compare", "LIST",
            "what to hold against the recording: syscalls,result,computrons,snapshots,facts "
            "(default: all)");
  add_value(spec, "verify-clock", "HOW",
            "of a chain whose clock is a chain of hashes: all (default), sample or none; what it "
            "costs is told first");
  add_flag(spec, "trust-checkpoint",
           "start from heap snapshots that are not what their hashes promise; the report says so");
  spec.begin_group("How sure it is");
  add_value(spec, "repeat", "N",
            "run it so many times and say how many agree; stops early when that is clear");
  add_flag(spec, "repeat-all", "with --repeat: all of them, however clear the answer is");
  add_flag(spec, "explain",
           "run controls that tell what a finding hangs on: layout, reload, build, limit, …");
  add_value(spec, "explain-runs", "N", "with --explain: so many runs of each control (default 5)");
  add_value(spec, "reference-engine", "E", "with --explain: an engine to hold against this one");
  add_perturb_plan_options(spec);
  add_perturb_options(spec);
  add_value(spec, "aslr", "on|off",
            "on (default) or off: address-space randomisation of the engine");
  spec.begin_group("Limits");
  add_value(spec, "meter-limit", "N",
            "computrons per delivery; 0 is none (default: as recorded, else 2000000000)");
  add_value(spec, "step-limit", "SECONDS", "wall seconds per step (default 600)");
  add_value(spec, "wall-limit", "SECONDS", "wall seconds for one engine process (default 86400)");
  add_value(spec, "cpu-limit", "SECONDS", "CPU seconds of one engine process (default 86400)");
  add_value(spec, "memory-limit", "SIZE",
            "address space of one engine process, such as 1500MB (default 6GiB)");
  spec.begin_group("What is seen of a crash");
  add_capture_options(spec);
  add_telemetry_option(spec);
  spec.begin_group("What the recording lacks");
  add_value(spec, "vat-parameters", "JSON", "for an .sst or slog that lacks them");
  add_value(spec, "cache-size", "N",
            "virtualObjectCacheSize, for a 2021 .sst or slog that lacks it");
  add_value(spec, "enable-disavow", "BOOL", "true or false, for a 2021 .sst or slog that lacks it");
  add_value(spec, "vat-bundle", "FILE",
            "file with the vat's bundle (JSON, or the zip of an export), for an incarnation whose "
            "own is not recorded");
  add_value(spec, "lockdown", "FILE",
            "file with the lockdown bundle to use instead of the recorded one");
  add_value(spec, "supervisor", "FILE",
            "file with the supervisor bundle to use instead of the recorded one");
  add_value(spec, "dialect", "D",
            "xsnap-2021 or xsnap-2024, for an engine that the probe cannot tell");
  return spec;
}

ReplayRequest request_from(const Arguments& arguments) {
  ReplayRequest request;
  request.from = arguments.number("from");
  request.to = arguments.number("to");
  request.from_genesis = arguments.flag("from-genesis");
  if (request.from && request.to && *request.from > *request.to) {
    throw Error(ErrorCode::kUsage, "--from " + std::to_string(*request.from) + " is behind --to " +
                                       std::to_string(*request.to));
  }
  if (arguments.choice("on-divergence", {"stop", "continue"}) == "continue") {
    request.on_divergence = OnDivergence::kContinue;
  }
  request.compare = compare_from(arguments);
  request.options = engine_options_from(arguments);
  request.limits = limits_from(arguments);
  request.aslr = arguments.choice("aslr", {"on", "off"}) != "off";
  request.capture.mode = capture_from(arguments);
  request.user_setup = setup_from(arguments);
  request.perturbation = perturbation_from(arguments);
  if (arguments.flag("trust-checkpoint")) request.snapshot_trust = SnapshotTrust::kBytes;
  return request;
}

std::string engine_words_of(const std::string& engine_name) {
  return " --engine " + shell_quote(engine_name);
}

std::string reproduce_command(const Arguments& arguments, const std::string& subject_id,
                              const std::string& engine_words, const ReplayPlan& plan,
                              uint64_t step, const std::string& compare) {
  std::string command = "recrank replay " + shell_quote(arguments.positional().front()) +
                        " --vat " + shell_quote(subject_id) + engine_words;
  if (arguments.flag("from-genesis")) command += " --from-genesis";
  command += " --from " + std::to_string(plan.range.begin) + " --to " + std::to_string(step);
  if (arguments.flag("trust-checkpoint")) command += " --trust-checkpoint";
  for (const char* name : kCarriedValues) {
    if (engine_words.find(" --" + std::string(name) + " ") != std::string::npos) continue;
    const bool replaced = !compare.empty() && std::string_view(name) == "compare";
    const auto value = replaced ? std::optional(compare) : arguments.text(name);
    if (value) {
      command += " --" + std::string(name) + " " + shell_quote(*value);
    }
  }
  return command;
}

}  // namespace recrank
