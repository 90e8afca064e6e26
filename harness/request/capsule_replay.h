// What a capsule brings along to a replay of it: options, an engine, the verdict to be met.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/engines/engine_registry.h"
#include "harness/request/option_values.h"
#include "harness/session/subject_report.h"

namespace recrank {

// The words of `options` that belong into a capsule, in the order of the table.
[[nodiscard]] std::vector<std::string> capsule_options_of(const OptionValues& options);

// What a replay of `recording` goes by: `given` with the capsule's own options under them, where it
// is one; what the user gave counts. kUsage for an option given that its system does not know;
// kInvalidData for what may not come from a capsule, or cannot be meant there.
[[nodiscard]] OptionValues options_for(const OptionValues& given, const Recording& recording);

// The known engine whose worker or program has the sha256 of `wanted`, of several the one of the
// same name; nullptr: there is none.
[[nodiscard]] std::unique_ptr<Engine> open_by_hash(const EngineRegistry& registry,
                                                   const ClaimedEngine& wanted);

// "recrank replay FILE", with --engine as the user gave it where no known engine is the one that
// the capsule names.
[[nodiscard]] std::string capsule_command(const EngineRegistry& registry, const Engine* engine,
                                          const OptionValues& options, const std::string& file);

// The engine for a replay without --engine: for a capsule the one that its verdict was seen on,
// where it is known here, else the default of the dialect. `note` says so, and how to get the
// other.
[[nodiscard]] std::unique_ptr<Engine> open_engine_for(const EngineRegistry& registry,
                                                      const Recording& recording,
                                                      std::string& note);

// What became of the expected verdict: the member "expected". nullopt: the recording claims
// nothing.
[[nodiscard]] std::optional<ReportPart> judge_expectation(const Recording& recording,
                                                          const SubjectReport& report,
                                                          const EngineIdentity& engine);

}  // namespace recrank
