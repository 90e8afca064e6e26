// A scenario: a recording, a subject, engines, and the verdict that is expected of each. Data, read
// from scenario.json; the format is docs/formats/scenario.md and docs/schemas/scenario.schema.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine_candidates.h"

namespace recrank {

// Where the recording comes from. Exactly one of path, url and command is set.
struct ScenarioRecording {
  std::filesystem::path path;  // absolute; given relative to the scenario
  std::string url;             // never fetched by recrank
  std::string command;         // run by /bin/sh in the scenario's directory, writes into "$OUT"
  std::string sha256;          // of the file; always with a url
  std::string as;              // its name among the recordings that are kept (--recordings DIR)
  std::string inside;          // what lies in "$OUT" and is the recording: "kernel"
  std::string fetch;           // for people: how to come by it
};

// The verdict that is expected of one engine. What is not set is not asked.
struct ExpectedVerdict {
  std::string kind;                     // "clean", "diverged", …; "any": whatever it is
  std::optional<uint64_t> step;
  std::string field;                    // "syscall wrong"
  std::string signature;                // "*" stands for anything: "SIGSEGV jump-to-null bun-1.3.13@*"
  std::optional<std::string> limit;     // "computrons"
  std::optional<bool> as_recorded;
  std::optional<double> rate_at_least;  // of runs that show it; needs repeat
  std::optional<double> rate_at_most;
  int line = 0;                         // in scenario.json, for messages
};

// One subject on one engine, and what is expected of it.
struct ScenarioCase {
  CandidateSpec engine;
  std::string subject;     // id or name
  ExpectedVerdict expected;
  bool optional = false;   // an engine that is not there makes it skipped instead of "not judged"
};

// What the recording alone must hold: checked without any engine.
struct ExpectedRecording {
  std::string kind;                         // "sst"
  std::optional<uint64_t> steps;            // of the subject
  std::optional<uint64_t> first, last;
  bool hashes = false;                      // every stored hash is computed anew and must hold
  int line = 0;
};

struct Scenario {
  std::string name;                   // of its directory
  std::filesystem::path directory;    // absolute
  std::string title;
  std::vector<std::string> labels;    // "fast", "slow", "network"
  ScenarioRecording recording;
  std::vector<std::string> options;   // of `replay`, checked: those that bound or narrow a run
  uint64_t repeat = 1;
  std::vector<ScenarioCase> cases;    // in the order of the file: engines outer, subjects inner
  std::optional<ExpectedRecording> reading;
};

// Reads DIRECTORY/scenario.json. kInvalidData "scenarios/x/scenario.json:12: …" names the line of
// what the schema or the rules behind it refuse; all of them, not only the first.
[[nodiscard]] Scenario load_scenario(const std::filesystem::path& directory);

// `place` is a scenario's directory or one that holds some, at any depth. In the order of their
// names. kUsage where there is none.
[[nodiscard]] std::vector<std::filesystem::path> find_scenarios(const std::filesystem::path& place);

}  // namespace recrank
