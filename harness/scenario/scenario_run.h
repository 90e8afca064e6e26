// Runs scenarios and judges every case.
//
// A scenario is opened (recording found or made, engines probed) when the first of its cases is
// about to run, and let go of when the last has ended, so that memory and scratch space are those
// of what runs. Cases of all scenarios run side by side; results are in the order of the scenarios
// and, within one, of the file, whatever ends first.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/engines/engine_registry.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_result.h"

namespace recrank {

// A scenario that is to run, or one whose file cannot be used: it takes part as not judged.
struct ScenarioEntry {
  std::string name;
  std::string file;
  std::optional<Scenario> scenario;
  std::string why;  // without a scenario
};

struct RunRequest {
  std::vector<ScenarioEntry> entries;
  size_t jobs = 1;
  std::filesystem::path recordings;          // kept ones; empty: none are
  bool looks_at_source = true;               // of a finding that is not as expected (source_view.h)
  std::optional<std::filesystem::path> out;  // takes files of what is not as expected; is there
  std::optional<std::vector<KnownFinding>> known;  // nullopt: nobody said which are
};

// Told from several threads, one at a time.
struct RunObserver {
  std::function<void(const std::string& note)> on_note;
  std::function<void(const std::string& scenario, const CaseResult& result)> on_case;
};

// What cannot be run, or goes wrong on the way, is an outcome of its cases; only our own failures
// are thrown.
[[nodiscard]] std::vector<ScenarioResult> run_scenarios(const RunRequest& request,
                                                        const EngineRegistry& registry,
                                                        const Interrupt& interrupt,
                                                        const RunObserver& observer);

}  // namespace recrank
