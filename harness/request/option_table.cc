#include "harness/request/option_table.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "harness/request/option_reading.h"

namespace recrank {
namespace {

using Given = const OptionText&;
using Request = ReplayRequest&;

// Every command that replays one history.
constexpr OptionUsers kRuns =
    kReplayTakes | kBisectTakes | kShrinkTakes | kPackTakes | kScenarioTakes;
// Those whose replays are all judged from step to step: shrink answers a worker by itself, where
// nobody writes a heap.
constexpr OptionUsers kJudgedRuns = kRuns & ~kShrinkTakes;

constexpr OptionNeeds kAll = OptionNeeds::kNothing;
constexpr OptionNeeds kItsSystem = OptionNeeds::kItsSystem;
constexpr OptionNeeds kWrites = OptionNeeds::kWritesState;
constexpr OptionNeeds kReloads = OptionNeeds::kReloads;
constexpr OptionNeeds kProcess = OptionNeeds::kProcess;

constexpr std::string_view kOfTheCall = "it is a matter of the call, not of what is expected";
constexpr std::string_view kOwnMember = "scenario.json has a member of its own for it";
constexpr std::string_view kOfTheEngine = "an engine of a scenario names its own";

constexpr OptionInJson in_json(std::string_view place, JsonForm form = JsonForm::kText) {
  return {place, form, {}};
}
constexpr OptionInJson not_in_json(std::string_view why) { return {{}, JsonForm::kText, why}; }

// One that says how `replay` itself goes about it.
constexpr ReplayOption of_the_call(std::string_view name, std::string_view value,
                                   std::string_view help, std::string_view group,
                                   Names names = Names::kNothing) {
  return {name,    value, help, group, kReplayTakes, 0, kAll, not_in_json(kOfTheCall),
          nullptr, {},    names};
}

constexpr std::array kTable{
    ReplayOption{"vat", "V", "the vat or other subject, by id or name", kWhatIsReplayed,
                 kRuns | kCompareTakes, 0, kAll, not_in_json(kOwnMember)},
    ReplayOption{"all", "", "every vat that has a transcript", kWhatIsReplayed,
                 kReplayTakes | kBisectTakes, 0, kAll, not_in_json(kOwnMember)},
    ReplayOption{"from", "N",
                 "first step of interest; begins at the nearest checkpoint at or before it",
                 kWhatIsReplayed, kRuns, 0, kAll, in_json("/range/from", JsonForm::kNumber),
                 [](Given given, Request request) { request.from = given.number(); }},
    ReplayOption{"to", "N", "last step, inclusive (default: the last recorded one)",
                 kWhatIsReplayed, kRuns, 0, kAll, in_json("/range/to", JsonForm::kNumber),
                 [](Given given, Request request) { request.to = given.number(); }},
    ReplayOption{"checkpoint",
                 "PATH",
                 "the state to begin from, out of another recording of the same history",
                 kWhatIsReplayed,
                 kRuns,
                 kInReproducer,
                 kAll,
                 not_in_json(kOwnMember),
                 nullptr,
                 {},
                 Names::kRecording},
    ReplayOption{"from-genesis", "",
                 "begin at the start of the incarnation, not at a heap snapshot", kWhatIsReplayed,
                 kRuns, kInReproducer, kAll, in_json("/range/from_genesis", JsonForm::kTruth),
                 [](Given, Request request) { request.from_genesis = true; }},
    ReplayOption{"engine",
                 "E",
                 "name (`recrank engines list`), worker binary, directory with worker and bundles, "
                 "or engine file (JSON)",
                 kWhatIsReplayed,
                 kRuns,
                 0,
                 kAll,
                 not_in_json(kOwnMember),
                 nullptr,
                 {},
                 Names::kInput},
    ReplayOption{"jobs", "N",
                 "so many engines side by side (default 1; with --all the processors); given with "
                 "--vat, the spans of the vat are run apart",
                 kWhatIsReplayed, kReplayTakes, 0, kAll, not_in_json(kOfTheCall), nullptr, "j"},

    ReplayOption{"meter-limit", "N",
                 "computrons per delivery; 0 is none (default: as recorded, else 2000000000)",
                 kLimits, kRuns, kInBoth, kItsSystem, in_json("/limits/meter", JsonForm::kNumber),
                 read_meter_limit},
    ReplayOption{
        "step-limit", "SECONDS", "wall seconds per step (default 600)", kLimits, kRuns, kInBoth,
        kAll, in_json("/limits/step_s", JsonForm::kNumber),
        [](Given given, Request request) { request.limits.step_wall_s = given.seconds(); }},
    ReplayOption{"wall-limit", "SECONDS", "wall seconds for one engine process (default 86400)",
                 kLimits, kRuns, kInBoth, kAll, in_json("/limits/wall_s", JsonForm::kNumber),
                 [](Given given, Request request) { request.limits.wall_s = given.seconds(); }},
    ReplayOption{"cpu-limit", "SECONDS", "CPU seconds of one engine process (default 86400)",
                 kLimits, kRuns, kInBoth, kAll, in_json("/limits/cpu_s", JsonForm::kNumber),
                 read_cpu_limit},
    ReplayOption{"memory-limit", "SIZE",
                 "address space of one engine process, such as 1500MB (default 6GiB)", kLimits,
                 kRuns, kInBoth, kAll, in_json("/limits/memory"),
                 [](Given given, Request request) { request.limits.memory_bytes = given.bytes(); }},

    ReplayOption{"on-divergence", "HOW", "stop (default) or continue: list all of them", kHowJudged,
                 kReplayTakes | kPackTakes | kScenarioTakes, kInCapsule, kAll,
                 in_json("/on_divergence"),
                 [](Given given, Request request) {
                   const bool stop = given.choice({"stop", "continue"}) == "stop";
                   request.on_divergence = stop ? OnDivergence::kStop : OnDivergence::kContinue;
                 }},
    ReplayOption{"compare", "LIST",
                 "what to hold against the recording: syscalls,result,computrons,snapshots,facts "
                 "(default: all)",
                 kHowJudged, kRuns | kCompareTakes, kInBoth, kAll,
                 in_json("/compare", JsonForm::kList), read_compare},
    ReplayOption{"verify-clock", "HOW",
                 "of a chain whose clock is a chain of hashes: all (default), sample or none; what "
                 "it costs is told first",
                 kHowJudged, kRuns, kInBoth, kItsSystem, in_json("/verify_clock"), read_clock},
    ReplayOption{
        "trust-checkpoint", "",
        "start from heap snapshots that are not what their hashes promise; the report says so",
        kHowJudged, kReplayTakes | kBisectTakes | kShrinkTakes | kPackTakes, kInBoth, kReloads,
        not_in_json("it would rest on a heap that is not what its hash promises; --from-genesis "
                    "needs none"),
        [](Given, Request request) { request.snapshot_trust = SnapshotTrust::kBytes; }},

    ReplayOption{"repeat", "N",
                 "run it so many times and say how many agree; stops early when that is clear",
                 kHowSure, kReplayTakes, 0, kAll, not_in_json(kOwnMember)},
    ReplayOption{"repeat-all", "", "with --repeat: all of them, however clear the answer is",
                 kHowSure, kReplayTakes, 0, kAll,
                 not_in_json("a scenario always makes all of its runs")},
    of_the_call("explain", "",
                "run controls that tell what a finding hangs on: layout, reload, build, limit, …",
                kHowSure),
    of_the_call("explain-runs", "N", "with --explain: so many runs of each control (default 5)",
                kHowSure),
    of_the_call("reference-engine", "E",
                "with --explain or --js=trace: an engine to hold against this one", kHowSure,
                Names::kInput),
    of_the_call("perturb", "K",
                "run it again under so many harmless variations that move collections and memory: "
                "is a crash gone or only hidden?",
                kHowSure),
    of_the_call("hunt", "SIGNATURE",
                "with --perturb: the crash that is looked for, where the replay itself is clean; "
                "others are told apart from it",
                kHowSure),
    ReplayOption{"seed", "N", "of the variations that --perturb chooses (default 1)", kHowSure,
                 kReplayTakes | kBisectTakes, 0, kAll, not_in_json(kOfTheCall)},
    ReplayOption{"parser-buffer", "KB",
                 "kB for the buffer of the engine's parser (its -s; default: its own)", kHowSure,
                 kRuns, kInBoth, kItsSystem,
                 in_json("/perturb/parser_buffer_kb", JsonForm::kNumber), read_parser_buffer},
    ReplayOption{"write-heap-after", "STEPS",
                 "write the heap after these steps (12,40 or every:50) and throw it away: forces a "
                 "collection",
                 kHowSure, kJudgedRuns, kInBoth, kWrites, in_json("/perturb/write_heap_after"),
                 [](Given given, Request request) {
                   request.perturbation.write_heap_after = read_schedule(given);
                 }},
    ReplayOption{"reload-after", "STEPS",
                 "go on from a heap written after these steps in another worker", kHowSure,
                 kJudgedRuns, kInBoth, kReloads, in_json("/perturb/reload_after"),
                 [](Given given, Request request) {
                   request.perturbation.reload_after = read_schedule(given);
                 }},
    ReplayOption{"aslr", "on|off", "on (default) or off: address-space randomisation of the engine",
                 kHowSure, kRuns, kInBoth, kProcess, in_json("/aslr"),
                 [](Given given, Request request) {
                   request.aslr = given.choice({"on", "off"}) == "on";
                 }},

    ReplayOption{"capture", "MODE",
                 "shim (default): say how an engine died or where it hangs; core: bring its core "
                 "file; rr: record it; none: only its signal",
                 kOfACrash, kReplayTakes | kBisectTakes | kShrinkTakes | kPackTakes, 0, kProcess,
                 not_in_json(kOfTheCall), read_capture},
    of_the_call("core-out", "DIR",
                "with --capture core: directory for recrank-core-VAT-STEP (default: this one)",
                kOfACrash, Names::kOutput),
    of_the_call("rr", "PATH",
                "with --capture rr: the rr to use (default: $RECRANK_RR, else rr on PATH)",
                kOfACrash, Names::kInput),
    of_the_call("rr-args", "WORDS",
                "with --capture rr: more words for `rr record`, between spaces, such as \"-h\"",
                kOfACrash),
    of_the_call("rr-steps", "K",
                "with --capture rr: record so many steps, the crashing one included (default 1)",
                kOfACrash),
    of_the_call("rr-out", "DIR",
                "with --capture rr: the trace's directory (default: recrank-rr-VAT-STEP)",
                kOfACrash, Names::kOutput),
    of_the_call("rr-size-limit", "SIZE",
                "with --capture rr: give up above that size, such as 200MB (default 1GiB)",
                kOfACrash),
    ReplayOption{"js",
                 "on|off|trace",
                 "run the failing step once more under the engine's debugger and show the source "
                 "line of the finding (with --explain and of shrink: on); trace: also follow it "
                 "line by line on this engine and another, to where they part",
                 kOfACrash,
                 kReplayTakes | kShrinkTakes,
                 0,
                 kAll,
                 not_in_json(kOfTheCall),
                 nullptr,
                 {},
                 Names::kNothing,
                 "on"},
    ReplayOption{"source-root",
                 "DIR",
                 "with --js: a checkout of the sources, which is shown instead of what the "
                 "recording holds",
                 kOfACrash,
                 kReplayTakes | kShrinkTakes,
                 0,
                 kAll,
                 not_in_json(kOfTheCall),
                 nullptr,
                 {},
                 Names::kInput},
    of_the_call("console", "FILE",
                "all that the subject printed, a line each with its step, to this file", kOfACrash,
                Names::kReport),
    of_the_call("telemetry", "FILE",
                "what each step cost (time, memory, the engine's meter) to this file: CSV if it "
                "ends in .csv, else JSON lines",
                kOfACrash, Names::kReport),

    ReplayOption{
        "vat-parameters", "JSON", "for an .sst or slog that lacks them", kLacking, kRuns,
        kInReproducer, kItsSystem, in_json("/setup/vat_parameters", JsonForm::kValue),
        [](Given given, Request request) { request.user_setup.set(given.name, read_json(given)); }},
    ReplayOption{
        "cache-size", "N", "virtualObjectCacheSize, for a 2021 .sst or slog that lacks it",
        kLacking, kRuns, kInReproducer, kItsSystem, in_json("/setup/cache_size", JsonForm::kNumber),
        [](Given given, Request request) { request.user_setup.set(given.name, read_json(given)); }},
    ReplayOption{"enable-disavow", "BOOL", "true or false, for a 2021 .sst or slog that lacks it",
                 kLacking, kRuns, kInReproducer, kItsSystem,
                 in_json("/setup/enable_disavow", JsonForm::kTruth),
                 [](Given given, Request request) {
                   request.user_setup.set(given.name, given.choice({"true", "false"}));
                 }},
    ReplayOption{
        "vat-bundle",
        "FILE",
        "file with the vat's bundle (JSON, or the zip of an export), for an incarnation whose own "
        "is not recorded",
        kLacking,
        kRuns,
        kInReproducer,
        kItsSystem,
        in_json("/setup/vat_bundle", JsonForm::kPath),
        [](Given given, Request request) {
          request.user_setup.set(given.name, read_bundle(given));
        },
        {},
        Names::kInput},
    ReplayOption{"lockdown",
                 "FILE",
                 "file with the lockdown bundle to use instead of the recorded one",
                 kLacking,
                 kRuns,
                 kInReproducer,
                 kItsSystem,
                 not_in_json(kOfTheEngine),
                 [](Given given, Request request) {
                   request.user_setup.set(given.name, read_bundle(given));
                 },
                 {},
                 Names::kInput},
    ReplayOption{"supervisor",
                 "FILE",
                 "file with the supervisor bundle to use instead of the recorded one",
                 kLacking,
                 kRuns,
                 kInReproducer,
                 kItsSystem,
                 not_in_json(kOfTheEngine),
                 [](Given given, Request request) {
                   request.user_setup.set(given.name, read_bundle(given));
                 },
                 {},
                 Names::kInput},
    ReplayOption{"dialect", "D",
                 "xsnap-2021 or xsnap-2024, for an engine that the probe cannot tell", kLacking,
                 kReplayTakes | kBisectTakes | kShrinkTakes | kPackTakes, kInReproducer, kItsSystem,
                 not_in_json("engines of a scenario are probed")},
};

[[noreturn]] void refuse_word(std::string_view word, std::string_view why) {
  throw Error(ErrorCode::kUsage, "'" + printable(word, 60) + "' " + std::string(why));
}

}  // namespace

std::span<const ReplayOption> replay_options() { return kTable; }

const ReplayOption* find_option(std::string_view name) {
  const auto found = std::find_if(kTable.begin(), kTable.end(),
                                  [&](const ReplayOption& each) { return each.name == name; });
  return found == kTable.end() ? nullptr : &*found;
}

OptionValues parse_options(std::span<const std::string> words) {
  OptionValues values;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const size_t equals = word.find('=');
    const ReplayOption* option =
        word.starts_with("--") ? find_option(word.substr(0, equals).substr(2)) : nullptr;
    if (option == nullptr) refuse_word(word, "is no option of a replay");
    if (values.has(option->name)) refuse_word(word, "is there twice");
    if (option->value.empty()) {
      if (equals != std::string_view::npos) refuse_word(word, "takes no value");
      values.set(option->name);
    } else if (equals == std::string_view::npos && !option->implied.empty()) {
      values.set(option->name, std::string(option->implied));
    } else if (equals != std::string_view::npos) {
      values.set(option->name, std::string(word.substr(equals + 1)));
    } else if (++i < words.size()) {
      values.set(option->name, words[i]);
    } else {
      refuse_word(word, "lacks its value");
    }
  }
  return values;
}

std::vector<std::string> words_of(const OptionValues& values, bool (*wanted)(const ReplayOption&)) {
  std::vector<std::string> words;
  for (const ReplayOption& option : kTable) {
    const auto given = values.find(option.name);
    if (!given || !wanted(option)) continue;
    words.push_back("--" + given->name);
    if (!option.implied.empty()) {
      words.back() += "=" + given->text;
    } else if (!option.value.empty()) {
      words.push_back(given->text);
    }
  }
  return words;
}

}  // namespace recrank
