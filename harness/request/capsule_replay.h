// What a capsule brings along to a replay of it: options, an engine, the verdict to be met.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/console/arguments.h"
#include "harness/engines/engine_registry.h"
#include "harness/session/subject_report.h"

namespace recrank {

// Whether an option of `replay` may come from a capsule: only those that bound or narrow a run. One
// that names a file or a program never may, since a capsule is anybody's.
[[nodiscard]] bool is_capsule_option(std::string_view name);

// The words of `arguments` that belong into a capsule, in a fixed order.
[[nodiscard]] std::vector<std::string> capsule_options_of(const Arguments& arguments);

// `arguments` with the capsule's options under them: what the user gave counts. Recordings of other
// kinds have none. kInvalidData for options that may not come from a capsule.
[[nodiscard]] Arguments with_capsule_options(const Arguments& arguments,
                                             const Recording& recording);

// The known engine whose worker or program has the sha256 of `wanted`, of several the one of the
// same name; nullptr: there is none.
[[nodiscard]] std::unique_ptr<Engine> open_by_hash(const EngineRegistry& registry,
                                                   const ClaimedEngine& wanted);

// "recrank replay FILE", with --engine as the user gave it where no known engine is the one that
// the capsule names.
[[nodiscard]] std::string capsule_command(const EngineRegistry& registry, const Engine* engine,
                                          const Arguments& arguments, const std::string& file);

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
