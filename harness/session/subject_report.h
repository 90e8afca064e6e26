// What is known of one subject when its replay is over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/judge/replay.h"
#include "replay/judge/uncovered_steps.h"

namespace recrank {

// One step near a finding, so that a reader sees what led to it.
struct NearbyStep {
  uint64_t number = 0;
  std::string what;  // "message o+0 deposit, 4 calls, 12,345 computrons"
};

// A part of a report by somebody who need not be known to who writes it.
struct ReportPart {
  std::string member;  // of the JSON report; empty: the text only
  std::string json;    // its value
  std::string text;    // whole lines for people
};

// A replay's result with all that a report says of it.
struct SubjectReport {
  Subject subject;
  ReplayResult result;
  // Its recorder writes down calls, results and computrons of each step: all are told, none too.
  bool every_kind = true;
  std::vector<ReplayPlan> parts;
  std::vector<UncoveredSteps> uncovered;  // asked for, and not in the plan
  std::vector<NearbyStep> nearby;         // around the step of the finding
  std::string reproduce;                  // the command that finds it again; empty for clean
  std::vector<ReportPart> told;           // what others add: members of the JSON, in order
  std::vector<ReportPart> captured;  // what a look at the finding brought: members of "verdict"
};

}  // namespace recrank
