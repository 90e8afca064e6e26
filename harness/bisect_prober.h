// Asks of one engine after another whether a finding is there: opens it, runs it as often as the rule
// wants (bisect_rule.h), and remembers. The search that decides which to ask is bisect_search.h.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/bisect_rule.h"
#include "harness/engine_candidates.h"
#include "harness/probe_cache.h"
#include "harness/stored_run.h"
#include "replay/replay.h"

namespace recrank {

// What is known of one engine.
struct ProbeRecord {
  bool asked = false;
  OpenedCandidate opened;         // once asked; its engine is null where it cannot be had
  std::optional<EngineIdentity> identity;  // of that engine, also when it is not to be had any more
  std::optional<size_t> same_as;  // it is the same as this earlier one, whose runs stand for both
  std::vector<StoredRun> runs;
  uint64_t from_cache = 0;        // of the runs
  Checkpoint start;               // where they began
  // Runs from the original start, where `runs` began at a nearer one.
  std::vector<StoredRun> confirming;
};

struct ProbeQuestion {
  ReplayRequest replay;      // its subject_id is set
  bool any_finding = false;  // every finding counts as the one
  ProbeRule rule;
  size_t jobs = 1;           // engine processes side by side
};

// Told of each probe that is done, from the calling thread.
using ProbeObserver = std::function<void(size_t index, const ProbeRecord& record)>;

// Refers to all that it is given. One thread calls; it starts its own.
class BisectProber {
 public:
  // `question` comes to `plan`, whose evidence was checked.
  BisectProber(const Recording& recording, EngineCandidates& candidates, ProbeQuestion question,
               ReplayPlan plan, ProbeCache& cache, const Interrupt& interrupt, ProbeObserver observer);

  // The word on each, in their order; fewer: interrupted. An engine that was asked before is not run
  // again. The first finding that is met becomes the one that is looked for; from then on steps
  // behind it are not run, and its rate decides how many runs make a "good".
  [[nodiscard]] std::vector<ProbeWord> probe(const std::vector<size_t>& indices);

  // Runs from the original start: of a good engine until its word is as sure as `miss_chance`, of a
  // bad one until it is met once. The word of the engine afterwards; nullopt: interrupted.
  [[nodiscard]] std::optional<ProbeWord> confirm(size_t index, double miss_chance);

  [[nodiscard]] const std::vector<ProbeRecord>& records() const { return records_; }
  // The record whose runs stand for this engine.
  [[nodiscard]] const ProbeRecord& record_of(size_t index) const;
  [[nodiscard]] ProbeWord word(size_t index) const;
  // All of its runs, also those that confirm.
  [[nodiscard]] ProbeTally tally(size_t index) const;
  [[nodiscard]] const std::optional<Verdict>& finding() const { return finding_; }
  [[nodiscard]] const ProbeRule& rule() const { return question_.rule; }
  // The request and plan of a probe of that engine from the original start.
  [[nodiscard]] ReplayRequest request_for(const ProbeRecord& record) const;
  [[nodiscard]] ReplayPlan plan_for(const ReplayRequest& request) const;
  [[nodiscard]] bool narrowed() const { return near_start_.has_value(); }
  [[nodiscard]] uint64_t runs_made() const { return runs_made_; }
  // The engine, ready to run; null: it is not to be had.
  [[nodiscard]] const Engine* engine(size_t index);

 private:
  struct Work;
  void open(size_t index);
  [[nodiscard]] bool open_again(size_t index);
  [[nodiscard]] std::vector<ProbeWord> probe_together(const std::vector<size_t>& indices);
  [[nodiscard]] bool run_all(std::vector<Work>& works);
  void run_one(Work& work, size_t threads) const;
  [[nodiscard]] Work work_for(size_t index, bool near, bool learning) const;
  void keep(const Work& work, std::vector<StoredRun>& runs);
  void learn(const std::vector<size_t>& indices);
  [[nodiscard]] bool narrow(size_t index);
  [[nodiscard]] RunWord word_of_run(const StoredRun& run, bool same_engine) const;
  [[nodiscard]] ProbeTally tally_of(const std::vector<StoredRun>& runs, size_t index) const;
  [[nodiscard]] std::string context_of(const ReplayRequest& request, const ReplayPlan& plan);

  const Recording& recording_;
  EngineCandidates& candidates_;
  ProbeQuestion question_;
  ReplayPlan plan_;
  ProbeCache& cache_;
  const Interrupt& interrupt_;
  ProbeObserver observer_;
  std::vector<ProbeRecord> records_;
  std::optional<Verdict> finding_;
  std::optional<size_t> last_opened_;
  std::string finding_key_;               // of the engine that it was met on
  std::optional<Checkpoint> near_start_;  // the finding survives a start from here
  std::map<std::string, std::string> contexts_;
  uint64_t runs_made_ = 0;
};

}  // namespace recrank
