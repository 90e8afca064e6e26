// Verdicts as JSON and as text. No clock, host name or pid in either, `cost` apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "replay/judge/replay.h"

namespace recrank {

// One step near a finding, so that a reader sees what led to it.
struct NearbyStep {
  uint64_t number = 0;
  std::string what;  // "message o+0 deposit, 4 calls, 12,345 computrons"
};

// A replay's result with all that a report says of it.
struct SubjectReport {
  Subject subject;
  ReplayResult result;
  std::vector<ReplayPlan> parts;
  std::vector<NearbyStep> nearby;  // around the step of the finding
  std::string reproduce;           // the command that finds it again; empty for clean
  // What other parts of a report add: members of the JSON, and whole lines of text.
  Json more = Json::object();
  std::string more_text;
  Json captured;              // what --capture brought: members of "verdict"; may be null
  std::string captured_text;  // the same as whole lines
};

[[nodiscard]] Json to_json(const EngineIdentity& engine);
[[nodiscard]] Json recording_json(const RecordingInfo& info, uint64_t steps);
[[nodiscard]] Json to_json(const Verdict& verdict, const std::vector<NearbyStep>& nearby);
// The members "subject", "range", "verdict", "compared", "cost", "reproduce".
[[nodiscard]] Json to_json(const SubjectReport& report);

[[nodiscard]] std::string to_text(const SubjectReport& report);
// The same without cost and reproducer: what belongs into a report that is kept.
[[nodiscard]] std::string evidence_text(const SubjectReport& report);
// "97 steps: 758 syscalls, 86 results, … compared": of a vat all kinds, of a program or a node only
// those that there were.
[[nodiscard]] std::string compared_text(const ComparedCounts& compared,
                                        const std::string& subject_kind);
// "diverged at step 12, syscall wrong, call 3" in one line.
[[nodiscard]] std::string headline(const Verdict& verdict);

// "message o+0 deposit" of a delivery's JSON; never throws, whatever the text is.
[[nodiscard]] std::string describe_delivery(const Step& step);
[[nodiscard]] std::vector<NearbyStep> steps_around(const Recording& recording,
                                                   const Subject& subject, uint64_t step);

// Fills `nearby` where the verdict is a finding at a step; false: it is none.
[[nodiscard]] bool add_nearby_steps(const Recording& recording, SubjectReport& report);

// The plan, or of several parts that one, in which the finding is; with a clean one, the whole.
[[nodiscard]] ReplayPlan plan_of_finding(const SubjectReport& report);

}  // namespace recrank
