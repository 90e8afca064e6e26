#include "harness/bisect_session.h"

#include <algorithm>

#include "harness/evidence_check.h"
#include "harness/parallel_replay.h"

namespace recrank {
namespace {

// What the word of the good engine at the change must be as sure as.
constexpr double kConfirmedMiss = 0.01;

std::string damage_of(const Recording& recording, const ProbeQuestion& question, StepRange range) {
  const EvidenceState state =
      check_evidence(recording, {{question.replay.subject_id, range}}).front();
  if (!state.damage.empty()) return state.damage.front();
  const bool trusting = question.replay.snapshot_trust == SnapshotTrust::kBytes;
  return state.heaps.empty() || trusting ? std::string() : state.heaps.front();
}

class Session {
 public:
  Session(const Recording& recording, EngineCandidates& candidates, const BisectRequest& request,
          ProbeCache& cache, const Interrupt& interrupt, const ProbeObserver& observer)
      : recording_(recording), candidates_(candidates), request_(request), interrupt_(interrupt),
        plan_(plan_replay(recording, request.question.replay)),
        prober_(recording, candidates, request.question, plan_, cache, interrupt, observer) {}

  BisectResult run() {
    result_.find_fix = request_.find_fix;
    result_.range = plan_.range;
    result_.start = plan_.checkpoint;
    for (size_t i = 0; i < candidates_.size(); ++i) result_.entries.push_back(entry_named(candidates_.name(i)));
    result_.damage = damage_of(recording_, request_.question, plan_.range);
    if (!result_.damage.empty()) return std::move(result_);
    search();
    if (result_.search.end != SearchEnd::kInterrupted) caution();
    finish();
    return std::move(result_);
  }

 private:
  static BisectEntry entry_named(const std::string& name) {
    BisectEntry entry;
    entry.name = name;
    return entry;
  }

  // Until the engines at the change are what they are taken for: what a confirmation changes sends the
  // search on, with all that it knows.
  void search() {
    const BisectProbe probe = [this](const std::vector<size_t>& places) {
      std::vector<size_t> indices;
      for (const size_t place : places) indices.push_back(result_.index_of(place));
      return prober_.probe(indices);
    };
    for (;;) {
      result_.search = bisect_search(candidates_.size(), request_.question.jobs, request_.scan, probe);
      if (result_.search.end != SearchEnd::kFound) return;
      const Transition& change = result_.search.transitions.front();
      const auto good = prober_.confirm(result_.index_of(change.from), kConfirmedMiss);
      const auto bad = good ? prober_.confirm(result_.index_of(change.to), kConfirmedMiss) : std::nullopt;
      if (!good || !bad) {
        result_.search.end = SearchEnd::kInterrupted;
        return;
      }
      if (*good == ProbeWord::kGood && *bad == ProbeWord::kBad) return;
    }
  }

  // The good engine at the change: the last one behind a bad one, where there is such, since that is
  // the one that will be taken for a mend.
  [[nodiscard]] std::optional<BisectCaution> engine_to_doubt() const {
    std::optional<BisectCaution> doubted;
    for (const Transition& change : result_.search.transitions) {
      const size_t good = result_.index_of(change.to_bad ? change.from : change.to);
      const size_t bad = result_.index_of(change.to_bad ? change.to : change.from);
      if (!doubted || bad < good) doubted = BisectCaution{good, bad < good, {}, {}};
    }
    return doubted;
  }

  void caution() {
    std::optional<BisectCaution> doubted = engine_to_doubt();
    if (!doubted || request_.variations == 0 || interrupt_.requested()) return;
    BisectCaution& caution = *doubted;
    const ProbeRecord& record = prober_.record_of(caution.index);
    if (recording_.info().era == Era::kProcess) {
      caution.not_perturbed = "there are no variations for a program fed by a journal";
    } else if (const Engine* const engine = prober_.engine(caution.index)) {
      const ReplayRequest base = prober_.request_for(record);
      const std::vector<ReplayJob> jobs{{base, {prober_.plan_for(base)}}};
      const ReplayResult control =
          replay_all(recording_, *engine, jobs, 1, interrupt_, nullptr).front().result;
      caution.perturbed = run_perturbed(recording_, *engine, base, control,
                                        {request_.variations, 1, request_.question.jobs}, interrupt_, nullptr);
    }
    result_.caution = std::move(doubted);
  }

  void finish() {
    result_.finding = prober_.finding();
    result_.rate_floor = prober_.rule().rate_floor.value_or(0);
    result_.miss_chance = prober_.rule().miss_chance;
    result_.runs = prober_.runs_made();
    for (size_t i = 0; i < result_.entries.size(); ++i) fill(i);
    const auto shows = std::find_if(result_.entries.rbegin(), result_.entries.rend(), [](const BisectEntry& e) {
      return e.word == ProbeWord::kBad;
    });
    if (shows != result_.entries.rend()) {
      result_.finding_index = static_cast<size_t>(result_.entries.rend() - shows) - 1;
    }
  }

  void fill(size_t index) {
    BisectEntry& entry = result_.entries[index];
    const ProbeRecord& own = prober_.records()[index];
    if (!own.asked) return;
    const ProbeRecord& record = prober_.record_of(index);
    entry.same_as = own.same_as;
    entry.missing = own.opened.missing;
    entry.command_words = own.opened.command_words;
    entry.word = prober_.word(index);
    if (!own.identity) return;
    entry.engine = own.identity;
    if (own.same_as) return;
    ++result_.probes;
    entry.tally = prober_.tally(index);
    entry.from_cache = record.from_cache;
    entry.start = record.start.label();
    entry.missed = entry.word == ProbeWord::kGood ? chance_missed(result_.rate_floor, entry.tally.passed) : 0;
    entry.example = example_of(record, *entry.word);
  }

  // The run that decided: the first that passed of a good one, else the first that did not.
  static std::optional<Verdict> example_of(const ProbeRecord& record, ProbeWord word) {
    for (const auto* runs : {&record.runs, &record.confirming}) {
      for (const StoredRun& run : *runs) {
        if (run.passed == (word == ProbeWord::kGood)) return run.verdict;
      }
    }
    return std::nullopt;
  }

  const Recording& recording_;
  EngineCandidates& candidates_;
  const BisectRequest& request_;
  const Interrupt& interrupt_;
  ReplayPlan plan_;
  BisectProber prober_;
  BisectResult result_;
};

}  // namespace

BisectResult run_bisect(const Recording& recording, EngineCandidates& candidates,
                        const BisectRequest& request, ProbeCache& cache, const Interrupt& interrupt,
                        const ProbeObserver& observer) {
  return Session(recording, candidates, request, cache, interrupt, observer).run();
}

}  // namespace recrank
