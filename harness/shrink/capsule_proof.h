// Whether a capsule that a shrink wrote shows the finding by its own replay, and its way to its
// name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/interrupt.h"
#include "harness/shrink/shrink_session.h"
#include "replay/engine.h"
#include "replay/verdict.h"

namespace recrank {

struct CapsuleProof {
  std::optional<Verdict> shown;  // when it came as often as it must
  Verdict other;                 // the last one that was not it
  bool interrupted = false;
  uint64_t hits = 0;
  uint64_t runs = 0;
  uint64_t steps_run = 0;

  [[nodiscard]] ShownIn shown_in() const { return {hits, runs}; }
};

// Replays the capsule until the request's rule has its word. A verdict is the finding when the
// request's predicate says so of the capsule, without one when `same` does of the verdict.
[[nodiscard]] CapsuleProof prove_capsule(const std::filesystem::path& file, const Engine& engine,
                                         const ShrinkRequest& request, const Interrupt& interrupt,
                                         const std::function<bool(const Verdict&)>& same);

// Replays it further until there are so many runs of it, whatever they show: one run says nothing
// of a finding that comes and goes. A finding that takes a limit of time to show is not run again.
void add_runs(const std::filesystem::path& file, const Engine& engine, const ShrinkRequest& request,
              const Interrupt& interrupt, const std::function<bool(const Verdict&)>& same,
              CapsuleProof& proof);

// Gives the proven file the name that was asked for. kUsage when something came to lie there.
void name_capsule(const std::filesystem::path& proven, const std::filesystem::path& capsule);

}  // namespace recrank
