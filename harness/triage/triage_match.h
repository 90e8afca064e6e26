// Which filed finding and which scenario a class of deaths belongs to. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/known_findings.h"
#include "harness/scenario/scenario.h"
#include "replay/triage/triage.h"

namespace recrank {

// How sure it is that a scenario's crash is that of the class.
enum class MatchGrade {
  kSame,   // the scenario names the place of the crash, or the error with its file, and it is this
           // one
  kAlike,  // the kind fits, and of a native crash the release; the place is not compared
};

struct ScenarioMatch {
  std::string scenario;
  std::string expectation;  // its signature as the scenario has it
  MatchGrade grade = MatchGrade::kAlike;
};

struct ClassMatch {
  std::optional<KnownFinding> known;
  std::vector<ScenarioMatch> scenarios;  // each once, in their order
};

// A scenario and a filed finding have the signature of a replay: native_match.h.
[[nodiscard]] ClassMatch match_class(const CrashClass& group,
                                     const std::vector<KnownFinding>& known,
                                     const std::vector<Scenario>& scenarios);

}  // namespace recrank
