#include "harness/bisect/bisect_prober.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/request/option_reading.h"
#include "harness/session/parallel_replay.h"
#include "harness/session/replay_fingerprint.h"
#include "replay/judge/worker_seat.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

std::string plan_words(const ReplayPlan& plan) {
  return plan.checkpoint.label() + " " + std::to_string(plan.range.begin) + " " +
         std::to_string(plan.range.end);
}

void count(ProbeTally& tally, RunWord word, bool same_kind) {
  switch (word) {
    case RunWord::kMet: ++tally.met; break;
    case RunWord::kPassed: ++tally.passed; break;
    case RunWord::kOther:
      ++tally.other;
      if (same_kind) ++tally.alike;
      break;
    case RunWord::kUnjudged: ++tally.unjudged; break;
    case RunWord::kKilled: ++tally.killed; break;
    case RunWord::kInterrupted: break;
  }
}

EngineAnswer answer_of(ProbeWord word) {
  switch (word) {
    case ProbeWord::kGood: return EngineAnswer::kGood;
    case ProbeWord::kBad: return EngineAnswer::kBad;
    case ProbeWord::kOther: return EngineAnswer::kOther;
    default: return EngineAnswer::kSkip;
  }
}

std::string why_undecided(const EngineProbe& probe, const ProbeQuestion& question) {
  return "not met in " + counted(probe.tally.passed, "run") + "; so rare a finding needs " +
         enough_runs_words(question.enough_runs);
}

// The heap may be one that this engine cannot load.
bool stumbled_at_start(const EngineProbe& probe, const ReplayPlan& plan) {
  if (probe.tally.met > 0 || probe.tally.passed > 0) return false;
  if (probe.tally.unjudged > 0) return true;
  return probe.tally.other > 0 && probe.shown && probe.shown->verdict.step == plan.range.begin;
}

// The name in the cache for runs of an engine under a variation: with what makes it what it is.
std::string kept_under(const std::string& key, const Variation& variation) {
  if (variation.perturbation.empty()) return key;
  const CompareOptions& compare = variation.compare;
  std::string words =
      key + option_words(variation.perturbation) + ", what was made of it, compared";
  if (compare.syscalls) words += " syscalls";
  if (compare.result) words += " result";
  if (compare.computrons) words += " computrons";
  if (compare.snapshots) words += " snapshots";
  if (compare.facts) words += " facts";
  return words;
}

}  // namespace

const OpenedCandidate& EngineShelf::open(size_t index, const Interrupt& interrupt) {
  std::optional<OpenedCandidate>& slot = opened_.at(index);
  const bool stands = slot && (!one_at_a_time() || last_ == index || slot->engine == nullptr);
  if (stands) return *slot;
  OpenedCandidate fresh = candidates_.open(index, interrupt);
  last_ = index;
  if (slot && !interrupt.requested() && (fresh.engine == nullptr || fresh.key != slot->key)) {
    throw Error(ErrorCode::kUsage,
                printable(name(index), 200) +
                    ": opened again it is another engine than before, since a later "
                    "one took its place: keep the engine of each revision in a place of its own");
  }
  if (!slot || fresh.engine != nullptr) slot = std::move(fresh);
  return *slot;
}

std::string enough_runs_words(uint64_t runs) {
  if (runs >= kRunsMost) return "more runs than --runs takes";
  return "about " + std::to_string(runs) + " (--runs " + std::to_string(runs) + ")";
}

bool has_bundles(const OpenedCandidate& engine) { return !engine.setup.empty(); }

ReplayRequest BisectProber::request_for(const OpenedCandidate& engine) const {
  ReplayRequest request = base_;
  request.user_setup.lay_over(engine.setup);
  return request;
}

std::string BisectProber::question_of(const ReplayPlan& plan) {
  const std::lock_guard lock(mutex_);
  std::string& question = questions_[plan_words(plan)];
  if (question.empty()) {
    try {
      question = replay_fingerprint(recording_, base_, plan, interrupt_);
    } catch (const Error& error) {
      // Damage is a verdict of the replay; without a name for the question nothing is kept.
      if (error.code() == ErrorCode::kIo) throw;
    }
  }
  return question;
}

std::vector<BisectProber::Taken> BisectProber::run(const OpenedCandidate& engine,
                                                   const ReplayPlan& plan, size_t count,
                                                   size_t threads) {
  const std::vector<Variation> plain(count, Variation{"", base_.perturbation, base_.compare});
  std::vector<Taken> all;
  for (std::optional<Taken>& each : run_varied(engine, plan, plain, threads)) {
    if (each) all.push_back(std::move(*each));
  }
  return all;
}

std::vector<std::optional<BisectProber::Taken>> BisectProber::run_varied(
    const OpenedCandidate& engine, const ReplayPlan& plan, const std::vector<Variation>& variations,
    size_t threads) {
  const std::string question = question_of(plan);
  std::vector<std::optional<Taken>> taken(variations.size());
  std::vector<size_t> missing;
  std::vector<ReplayJob> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < variations.size(); ++i) {
      const std::string key = kept_under(engine.key, variations[i]);
      const std::vector<BisectRun>& known = cache_.runs(question, key);
      size_t& used = used_[question + key];
      if (used < known.size()) {
        taken[i] = Taken{known[used++], true};
        ++cached_[engine.key];
        continue;
      }
      missing.push_back(i);
      ReplayJob& job = jobs.emplace_back(ReplayJob{request_for(engine), {plan}});
      job.request.perturbation = variations[i].perturbation;
      job.request.compare = variations[i].compare;
    }
  }
  if (missing.empty() || interrupt_.requested()) return taken;
  const std::vector<JobResult> results =
      replay_all(recording_, *engine.engine, jobs, threads, interrupt_, nullptr);
  const std::lock_guard lock(mutex_);
  for (size_t k = 0; k < results.size(); ++k) {
    const ReplayResult& result = results[k].result;
    if (result.verdict.kind == VerdictKind::kInterrupted) continue;
    taken[missing[k]] = Taken{run_of(result), false};
    cache_.add(question, kept_under(engine.key, variations[missing[k]]), taken[missing[k]]->run);
    ++made_;
  }
  return taken;
}

uint64_t BisectProber::runs_cached() const {
  uint64_t all = 0;
  for (const auto& [key, count] : cached_) all += count;
  return all;
}

uint64_t BisectProber::runs_cached(const std::string& key) const {
  const auto found = cached_.find(key);
  return found == cached_.end() ? 0 : found->second;
}

// The first run that met it stands for all; else the first that ended otherwise; else the first.
void BisectProber::note_run(const Taken& taken, const HuntedFinding& hunted, ProbeTally& tally,
                            EngineProbe& probe) const {
  const RunWord word = classify_run(hunted, taken.run, probe.key);
  const bool first_met = word == RunWord::kMet && probe.tally.met + probe.confirmed.met == 0;
  const bool first_other =
      word == RunWord::kOther && probe.tally.met + probe.tally.other + probe.confirmed.met == 0;
  if (!probe.shown || first_met || first_other) probe.shown = taken.run;
  count(tally, word, taken.run.verdict.kind == hunted.verdict.kind);
  if (word == RunWord::kUnjudged || word == RunWord::kKilled) {
    probe.why = printable(taken.run.verdict.reason, 300);
  }
}

void BisectProber::run_up_to(const OpenedCandidate& engine, const ReplayPlan& plan,
                             const HuntedFinding& hunted, uint64_t judged, size_t threads,
                             ProbeTally& tally, EngineProbe& probe) {
  while (tally.judged() < judged && tally.unjudged == 0 && tally.killed < kKilledMax &&
         !interrupt_.requested()) {
    const size_t wanted = std::min<size_t>(std::max<size_t>(1, threads), judged - tally.judged());
    for (const Taken& each : run(engine, plan, wanted, threads)) {
      note_run(each, hunted, tally, probe);
    }
  }
}

void BisectProber::probe(const OpenedCandidate& engine, const ProbeQuestion& question,
                         size_t threads, EngineProbe& probe) {
  if (has_bundles(engine) && !question.plans.fresh) {
    probe.word = ProbeWord::kUnjudged;
    probe.answer = EngineAnswer::kSkip;
    probe.why = question.plans.no_fresh;
    return;
  }
  ReplayPlan plan = has_bundles(engine) ? *question.plans.fresh : question.plans.near;
  const bool cheap = !has_bundles(engine) && !(plan.range == question.plans.whole.range);
  bool fell_back = !cheap;
  while (!interrupt_.requested()) {
    probe.start = plan.checkpoint;
    probe.word = judge_probe(probe.tally, question.least_rate, question.rule);
    if (!fell_back && stumbled_at_start(probe, plan)) {
      fell_back = true;
      plan = question.plans.whole;
      probe.tally = {};
      probe.shown.reset();
      probe.why.clear();
      continue;
    }
    if (probe.word != ProbeWord::kMore) break;
    const uint64_t more = probe.tally.judged() + std::max<size_t>(1, threads);
    run_up_to(engine, plan, question.hunted, std::min(more, question.rule.runs_max), threads,
              probe.tally, probe);
  }
  if (probe.word == ProbeWord::kMore) return;  // interrupted
  probe.answer = answer_of(probe.word);
  if (probe.word == ProbeWord::kUndecided) probe.why = why_undecided(probe, question);
  if (probe.word == ProbeWord::kOther && probe.shown) probe.why = headline(probe.shown->verdict);
}

}  // namespace recrank
