// Which vats and which engine a call means: --vat, --all, --engine, --dialect.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/engines/engine_registry.h"
#include "harness/request/replay_options.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/recording.h"

namespace recrank {

// The recording of a call, with the state to begin from of another where --checkpoint names one
// (snapshot/joined_recording.h).
[[nodiscard]] Evidence open_evidence(const ReplayCall& call);

// Of a recording of which nothing can be replayed: kUnsupported, with why.
[[noreturn]] void refuse_to_replay(const Recording& recording);

struct ChosenSubjects {
  std::vector<std::string> ids;
  // With --all: what has nothing to replay. Belongs to the recording.
  std::vector<const Subject*> not_replayed;
};

// --vat V, --all, or the only one that can be replayed. kUsage, with what there is, where the call
// leaves it open; kUnsupported where nothing can be replayed.
[[nodiscard]] ChosenSubjects choose_subjects(const Recording& recording,
                                             const OptionValues& options);

// The same for commands that take one vat and have no --all.
[[nodiscard]] std::string choose_subject(const Recording& recording, const OptionValues& options);

// The known engines, opened for --dialect where it is given.
[[nodiscard]] EngineRegistry speaking(EngineRegistry registry, const OptionValues& options);

// --engine, else the one that suits the recording; `note` says so where that needs saying.
[[nodiscard]] std::unique_ptr<Engine> choose_engine(const EngineRegistry& registry,
                                                    const Recording& recording,
                                                    const OptionValues& options, std::string& note);

}  // namespace recrank
