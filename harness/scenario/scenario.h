// A scenario: a recording, subjects, engines, and the verdict that is expected of each. Data, read
// from scenario.json; the format is docs/formats/scenario.md and docs/schemas/scenario.schema.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/engines/engine_candidates.h"
#include "harness/request/option_values.h"
#include "snapshot/recording.h"

namespace recrank {

inline constexpr const char* kScenarioFile = "scenario.json";
inline constexpr const char* kScenarioSchema = "recrank.scenario/1";

// Where the recording comes from. Exactly one of path, url and command is set.
struct ScenarioRecording {
  std::filesystem::path path;  // as the user's call leads to it; given relative to the scenario
  std::string url;             // never fetched by recrank
  std::string command;         // run by /bin/sh in the scenario's directory, writes into "$OUT"
  std::string sha256;          // of the file; always with a url
  std::string as;              // its name among the recordings that are kept (--recordings DIR)
  std::string inside;          // what lies in "$OUT" and is the recording: "kernel"
  std::string fetch;           // for people: how to come by it
  std::vector<ScenarioRecording> from;  // none, or the one that `command` works on, as "$FROM"
};

// The verdict that is expected. What is not set is not asked.
struct ExpectedVerdict {
  std::string kind;  // "clean", "diverged", "crashed", "limit"
  std::optional<uint64_t> step;
  std::string field;                 // "syscall wrong"
  std::string signature;             // "*" stands for anything: "SIGSEGV jump-to-null bun-1.3.13@*"
  std::optional<std::string> limit;  // "computrons"
  std::optional<bool> as_recorded;
  std::optional<double> rate_at_least;  // of the runs; with neither of the two: all of them
  std::optional<double> rate_at_most;
  int line = 0;  // in scenario.json, for messages
};

// An expectation with the cases that it applies to.
struct ExpectationRule {
  std::string engine = "*";  // name of an engine, "*" standing for any text
  std::string subject;       // id or name; empty: all
  ExpectedVerdict verdict;
};

struct ScenarioEngine {
  CandidateSpec spec;
  bool optional = false;  // one that is not there makes its cases skipped instead of "not judged"
};

// What the recording alone must hold: checked without any engine.
struct ExpectedRecording {
  std::string kind;               // "sst"
  std::optional<uint64_t> steps;  // of the subject
  std::optional<uint64_t> first, last;
  bool hashes = false;  // every stored hash is computed anew and must hold
  int line = 0;
};

// Its cases are its engines (outer) times its subjects (inner), in the order of the file.
struct Scenario {
  std::string name;                 // of its directory
  std::filesystem::path directory;  // absolute
  std::string file;                 // scenario.json as the user's call leads to it
  std::string title;
  std::vector<std::string> labels;  // "fast", "slow", "network"
  ScenarioRecording recording;
  std::optional<ScenarioRecording> checkpoint;  // another with the state to begin from
  OptionValues options;                         // of `replay`, checked
  uint64_t repeat = 1;
  std::vector<ScenarioEngine> engines;  // a matrix multiplied out
  std::vector<std::string> subjects;    // ids or names; empty: every one that can be replayed
  std::vector<ExpectationRule> expect;  // the first that applies counts
  std::optional<ExpectedRecording> reading;
};

// The rule for a case; nullptr: there is none. `subject` as the scenario lists it; with "all" the
// subject's id, `name` then being its name.
[[nodiscard]] const ExpectationRule* rule_for(const Scenario& scenario, const std::string& engine,
                                              const std::string& subject,
                                              const std::string& name = {});

// "crashed at step 7, SIGSEGV jump-to-null bun-1.3.13@*, in 90 % of the runs or more".
[[nodiscard]] std::string to_words(const ExpectedVerdict& expected);

// Reads DIRECTORY/scenario.json. kInvalidData "scenarios/x/scenario.json:12: …" names the line of
// what the schema or the rules behind it refuse; all of them, not only the first. kIo when it
// cannot be read.
[[nodiscard]] Scenario load_scenario(const std::filesystem::path& directory);

// The same from its text.
[[nodiscard]] Scenario parse_scenario(const std::filesystem::path& directory,
                                      const std::string& text);

// `place` is a scenario's directory or one that holds some, at any depth. In the order of their
// names. kUsage where there is none.
[[nodiscard]] std::vector<std::filesystem::path> find_scenarios(const std::filesystem::path& place);

}  // namespace recrank
