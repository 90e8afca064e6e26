// The options of `replay`, each told once: what it is called, what it does to a request, and where
// it may stand. The command lines, their help, scenario.json, the options inside a capsule and
// every reproducer come out of this table; a new option is a new row.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/request/option_values.h"
#include "replay/judge/replay.h"

namespace recrank {

// A set of commands. Each takes the options that say what is replayed and how; of those that say
// how often, or what is made of a crash, some have their own.
using OptionUsers = unsigned;
inline constexpr OptionUsers kReplayTakes = 1;
inline constexpr OptionUsers kBisectTakes = 2;
inline constexpr OptionUsers kShrinkTakes = 4;
inline constexpr OptionUsers kPackTakes = 8;
inline constexpr OptionUsers kScenarioTakes = 16;  // `scenario new`
inline constexpr OptionUsers kCompareTakes = 32;

// The captions of the help, in their order.
inline constexpr std::string_view kWhatIsReplayed = "Options";
inline constexpr std::string_view kHowJudged = "How a step is judged";
inline constexpr std::string_view kHowSure = "How sure it is";
inline constexpr std::string_view kLimits = "Limits";
inline constexpr std::string_view kOfACrash = "What is seen of a crash";
inline constexpr std::string_view kLacking = "What the recording lacks";
inline constexpr std::array kOptionGroups{kWhatIsReplayed, kHowJudged, kHowSure,
                                          kLimits,         kOfACrash,  kLacking};

// How scenario.json says the value of an option.
enum class JsonForm {
  kText,    // "1500MB"
  kNumber,  // 7, 2.5
  kTruth,   // true, false: also of an option without a value
  kList,    // ["syscalls","result"] of a text with commas
  kValue,   // any JSON, which is the text
  kPath,    // of a file, from where the scenario lies
};

// The place of an option in scenario.json.
struct OptionInJson {
  std::string_view place;  // "/limits/memory"; empty: it has none, and `why` says why
  JsonForm form;
  std::string_view why;
};

// Where an option goes along with a verdict. Into a capsule: what bounds or narrows a run, never
// what names a file or a program, since a capsule is anybody's; a scenario goes by the same.
inline constexpr unsigned kInReproducer = 1;
inline constexpr unsigned kInCapsule = 2;
inline constexpr unsigned kInBoth = kInReproducer | kInCapsule;

// What the value of an option names, or a word of a call.
enum class Names {
  kNothing,    // no file
  kRecording,  // evidence, which is read; in its directory nothing is made
  kInput,      // read: a file, or files of a directory
  kInputs,     // read: names and files with commas between them, or @FILE
  kReport,     // written by the rule of harness/console/outputs.h
  kOutput,     // written; the command itself says what may be there
};

// What a recording's system must have for an option to mean anything (option_check.h).
enum class OptionNeeds {
  kNothing,
  kItsSystem,    // it is one of System::options
  kWritesState,  // Dialect::variations()
  kReloads,      // likewise, or a checkpoint with bytes
  kProcess,      // its engines are processes
};

struct ReplayOption {
  std::string_view name;   // "memory-limit"
  std::string_view value;  // stands for the value in the help; empty: it takes none
  std::string_view help;
  std::string_view group;
  OptionUsers commands;
  unsigned travels;
  OptionNeeds needs;
  OptionInJson json;
  // Puts what was given into a request; kUsage for what cannot be meant. nullptr: it is no part of
  // a request, and who it concerns asks for it.
  void (*read)(const OptionText& given, ReplayRequest& request) = nullptr;
  std::string_view letter = {};  // "j": it can be called -j too
  Names names = Names::kNothing;
  // What the option means without a value, where it may stand alone; a value then follows a `=`.
  std::string_view implied = {};

  [[nodiscard]] bool in_reproducer() const { return (travels & kInReproducer) != 0; }
  [[nodiscard]] bool in_capsule() const { return (travels & kInCapsule) != 0; }
};

// Their order is that of the help, of the options in a capsule and of those in a reproducer.
[[nodiscard]] std::span<const ReplayOption> replay_options();
// nullptr: there is none of that name.
[[nodiscard]] const ReplayOption* find_option(std::string_view name);

// {"--memory-limit","1500MB","--aslr=off"}: kUsage for what is no option of the table.
[[nodiscard]] OptionValues parse_options(std::span<const std::string> words);
// The other way, in the order of the table and as two words each; all of which `wanted` is true.
[[nodiscard]] std::vector<std::string> words_of(const OptionValues& values,
                                                bool (*wanted)(const ReplayOption&));

}  // namespace recrank
