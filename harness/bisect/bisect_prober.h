// Runs engines of a list for a bisection: opens them when they are needed, takes runs that were
// made before from the cache, and holds every run against the finding. Nothing is printed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/bisect/bisect_finding.h"
#include "harness/bisect/bisect_rule.h"
#include "harness/bisect/bisect_search.h"
#include "harness/bisect/probe_cache.h"
#include "harness/certainty/perturb_plan.h"
#include "harness/engines/engine_candidates.h"
#include "replay/judge/replay.h"

namespace recrank {

// The engines that were opened so far, shared by the bisections of several vats. One thread.
class EngineShelf {
 public:
  explicit EngineShelf(EngineCandidates& candidates)
      : candidates_(candidates), opened_(candidates.size()) {}
  [[nodiscard]] size_t size() const { return candidates_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const { return candidates_.name(index); }
  // Opened once, and again where another may have been put in its place since: kUsage when it is
  // not the same engine any more. The reference is good until then.
  [[nodiscard]] const OpenedCandidate& open(size_t index, const Interrupt& interrupt);
  // Only the one that was opened last may be run.
  [[nodiscard]] bool one_at_a_time() const { return candidates_.one_at_a_time(); }

 private:
  EngineCandidates& candidates_;
  std::vector<std::optional<OpenedCandidate>> opened_;
  size_t last_ = 0;  // that was opened
};

// What became of one engine of the list.
struct EngineProbe {
  std::optional<EngineAnswer> answer;  // nullopt: it was not asked
  ProbeWord word = ProbeWord::kMore;
  ProbeTally tally;         // of its runs from `start`
  ProbeTally confirmed;     // of further runs from the start of the whole range
  uint64_t from_cache = 0;  // of all runs of it, those that met the finding first included
  std::optional<Checkpoint> start;
  std::string key;
  std::string command_words;  // of its reproducer; empty: `no_command` says why
  std::string no_command;
  std::optional<size_t> same_as;   // the same engine under another name: its runs count
  std::string why;                 // without a word of good or bad
  std::optional<BisectRun> shown;  // the run that stands for all
};

// Where a probe begins: the cheap place, and the one that always serves. Equal when there is one.
struct ProbePlans {
  ReplayPlan near;
  ReplayPlan whole;                 // from the start of the whole range
  std::optional<ReplayPlan> fresh;  // with a fresh worker; nullopt: `no_fresh` says why
  std::string no_fresh;
};

// What a probe is held against.
struct ProbeQuestion {
  HuntedFinding hunted;
  ProbePlans plans;
  double least_rate = 0;
  uint64_t enough_runs = 0;  // of each engine: about so many would decide
  BisectRule rule;
};

// Refers to all that it is given. run() and probe() may be called from several threads, each for
// another engine.
class BisectProber {
 public:
  BisectProber(const Recording& recording, const ReplayRequest& base, ProbeCache& cache,
               const Interrupt& interrupt)
      : recording_(recording), base_(base), cache_(cache), interrupt_(interrupt) {}

  // `count` more runs of the engine by that plan, `threads` side by side; fewer only when
  // interrupted.
  struct Taken {
    BisectRun run;
    bool cached = false;
  };
  [[nodiscard]] std::vector<Taken> run(const OpenedCandidate& engine, const ReplayPlan& plan,
                                       size_t count, size_t threads);
  // One run under each of the variations, in their order; nullopt: interrupted.
  [[nodiscard]] std::vector<std::optional<Taken>> run_varied(
      const OpenedCandidate& engine, const ReplayPlan& plan,
      const std::vector<Variation>& variations, size_t threads);

  // Runs the engine until the rule has its word.
  void probe(const OpenedCandidate& engine, const ProbeQuestion& question, size_t threads,
             EngineProbe& probe);
  // Makes runs by that plan until `tally` holds `judged` of them, or the engine cannot be judged.
  void run_up_to(const OpenedCandidate& engine, const ReplayPlan& plan, const HuntedFinding& hunted,
                 uint64_t judged, size_t threads, ProbeTally& tally, EngineProbe& probe);

  // The request for an engine: its bundles over those of the user.
  [[nodiscard]] ReplayRequest request_for(const OpenedCandidate& engine) const;
  void save() { cache_.save(); }
  [[nodiscard]] bool keeps() const { return cache_.keeps(); }
  [[nodiscard]] bool interrupted() const { return interrupt_.requested(); }
  [[nodiscard]] uint64_t runs_made() const { return made_; }
  [[nodiscard]] uint64_t runs_cached() const;
  // Those of them that are of the engine with that key.
  [[nodiscard]] uint64_t runs_cached(const std::string& key) const;

 private:
  [[nodiscard]] std::string question_of(const ReplayPlan& plan);
  void note_run(const Taken& taken, const HuntedFinding& hunted, ProbeTally& tally,
                EngineProbe& probe) const;

  const Recording& recording_;
  const ReplayRequest& base_;
  ProbeCache& cache_;
  const Interrupt& interrupt_;
  std::mutex mutex_;                              // of all below, and of the cache
  std::map<std::string, std::string> questions_;  // by the words of the plan
  std::map<std::string, size_t> used_;  // cached runs that were taken, by question and engine
  uint64_t made_ = 0;
  std::map<std::string, uint64_t> cached_;  // by the engine's key
};

// "about 190 (--runs 190)", of runs_that_would_do().
[[nodiscard]] std::string enough_runs_words(uint64_t runs);

// Bundles of its own: its replays begin with a fresh worker.
[[nodiscard]] bool has_bundles(const OpenedCandidate& engine);

}  // namespace recrank
