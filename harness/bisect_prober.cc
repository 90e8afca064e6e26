#include "harness/bisect_prober.h"

#include <algorithm>
#include <exception>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "harness/controls.h"
#include "harness/history_fingerprint.h"
#include "harness/parallel_replay.h"
#include "harness/repeated.h"

namespace recrank {
namespace {

bool is_finding(const Verdict& verdict) {
  return verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kDiverged ||
         verdict.kind == VerdictKind::kLimit;
}

bool has_bundle(const VatSetup& setup) {
  return setup.lockdown_bundle.has_value() || setup.supervisor_bundle.has_value();
}

void lay_over(VatSetup& setup, const VatSetup& over) {
  if (over.lockdown_bundle) setup.lockdown_bundle = over.lockdown_bundle;
  if (over.supervisor_bundle) setup.supervisor_bundle = over.supervisor_bundle;
}

}  // namespace

// Runs of one engine from one start, made on a thread of its own.
struct BisectProber::Work {
  size_t index = 0;
  const Engine* engine = nullptr;
  ReplayRequest request;
  ReplayPlan plan;
  std::string context;
  std::vector<StoredRun> known;     // made earlier
  std::vector<StoredRun> made;
  std::function<bool(const std::vector<StoredRun>&)> wants_more;
  bool interrupted = false;
  std::exception_ptr failure;
};

BisectProber::BisectProber(const Recording& recording, EngineCandidates& candidates,
                           ProbeQuestion question, ReplayPlan plan, ProbeCache& cache,
                           const Interrupt& interrupt, ProbeObserver observer)
    : recording_(recording), candidates_(candidates), question_(std::move(question)),
      plan_(std::move(plan)), cache_(cache), interrupt_(interrupt), observer_(std::move(observer)),
      records_(candidates.size()) {}

const ProbeRecord& BisectProber::record_of(size_t index) const {
  const ProbeRecord& record = records_.at(index);
  return record.same_as ? records_.at(*record.same_as) : record;
}

ReplayRequest BisectProber::request_for(const ProbeRecord& record) const {
  ReplayRequest request = question_.replay;
  lay_over(request.user_setup, record.opened.setup);
  // A heap holds the bundles that it was made with.
  if (has_bundle(record.opened.setup)) request.from_genesis = true;
  if (finding_ && finding_->step) request.to = *finding_->step;
  return request;
}

ReplayPlan BisectProber::plan_for(const ReplayRequest& request) const {
  return plan_replay(recording_, request);
}

std::string BisectProber::context_of(const ReplayRequest& request, const ReplayPlan& plan) {
  // The bundles that a candidate brings are in its key.
  ReplayRequest plain = request;
  plain.user_setup = question_.replay.user_setup;
  const std::string place = request.subject_id + " " + std::to_string(plan.range.begin) + ".." +
                            std::to_string(plan.range.end) + " " + plan.checkpoint.label();
  const auto known = contexts_.find(place);
  if (known != contexts_.end()) return known->second;
  const std::string context =
      sha256_hex(place + "\n" + request_fingerprint(plain) + "\n" +
                 history_fingerprint(recording_, request.subject_id, plan, interrupt_));
  return contexts_[place] = context;
}

// False: it cannot be had any more. Another candidate may have been put in its place since it was
// opened.
bool BisectProber::open_again(size_t index) {
  ProbeRecord& record = records_[index];
  if (!candidates_.one_at_a_time() || last_opened_ == index) return true;
  OpenedCandidate again = candidates_.open(index, interrupt_);
  last_opened_ = index;
  if (again.engine != nullptr && again.key == record.opened.key) {
    record.opened = std::move(again);
    return true;
  }
  record.opened.engine = nullptr;
  record.opened.missing = again.engine == nullptr ? again.missing : "built again it is another engine";
  return false;
}

void BisectProber::open(size_t index) {
  ProbeRecord& record = records_.at(index);
  if (record.asked) return;
  last_opened_ = index;
  record.asked = true;
  record.opened = candidates_.open(index, interrupt_);
  if (record.opened.engine == nullptr) return;
  record.identity = record.opened.engine->identity();
  for (size_t other = 0; other < records_.size(); ++other) {
    const ProbeRecord& earlier = records_[other];
    if (other == index || !earlier.asked || earlier.same_as || !earlier.identity) continue;
    if (earlier.opened.key == record.opened.key) record.same_as = other;
  }
}

const Engine* BisectProber::engine(size_t index) {
  const size_t owner = records_.at(index).same_as.value_or(index);
  if (records_[owner].opened.engine == nullptr || !open_again(owner)) return nullptr;
  return records_[owner].opened.engine.get();
}

RunWord BisectProber::word_of_run(const StoredRun& run, bool same_engine) const {
  if (run.passed) return RunWord::kPassed;
  if (question_.any_finding && is_finding(run.verdict)) return RunWord::kMet;
  if (!finding_) return is_finding(run.verdict) ? RunWord::kMet : RunWord::kUnjudged;
  switch (classify(*finding_, run.verdict, same_engine ? Builds::kSame : Builds::kOther)) {
    case ControlOutcome::kMet:
    case ControlOutcome::kMoved: return RunWord::kMet;
    case ControlOutcome::kPassed: return RunWord::kPassed;
    case ControlOutcome::kOther: return RunWord::kOther;
    case ControlOutcome::kUnjudged:
    case ControlOutcome::kKilled: break;
  }
  return RunWord::kUnjudged;
}

ProbeTally BisectProber::tally_of(const std::vector<StoredRun>& runs, size_t index) const {
  ProbeTally tally;
  const bool same = records_.at(index).opened.key == finding_key_;
  for (const StoredRun& run : runs) tally.add(word_of_run(run, same));
  return tally;
}

ProbeTally BisectProber::tally(size_t index) const {
  const size_t owner = records_.at(index).same_as.value_or(index);
  std::vector<StoredRun> all = records_.at(owner).runs;
  const auto& confirming = records_.at(owner).confirming;
  all.insert(all.end(), confirming.begin(), confirming.end());
  return tally_of(all, owner);
}

ProbeWord BisectProber::word(size_t index) const { return word_of(tally(index)); }

BisectProber::Work BisectProber::work_for(size_t index, bool near, bool learning) const {
  const ProbeRecord& record = records_.at(index);
  Work work;
  work.index = index;
  work.engine = record.opened.engine.get();
  work.request = request_for(record);
  if (near && near_start_ && !work.request.from_genesis) work.request.from = near_start_->next_step;
  work.plan = plan_for(work.request);
  work.wants_more = [this, index, learning](const std::vector<StoredRun>& runs) {
    return wants_more(tally_of(runs, index), question_.rule, learning);
  };
  return work;
}

void BisectProber::run_one(Work& work, size_t threads) const {
  std::vector<StoredRun> all = work.known;
  while (!work.interrupted && work.wants_more(all)) {
    const size_t left = question_.rule.runs_max > all.size() ? question_.rule.runs_max - all.size() : 1;
    std::vector<ReplayJob> jobs(std::min(threads, left), ReplayJob{work.request, {work.plan}});
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].request.run = all.size() + i;
    for (const JobResult& done : replay_all(recording_, *work.engine, jobs, threads, interrupt_, nullptr)) {
      if (done.result.verdict.kind == VerdictKind::kInterrupted) {
        work.interrupted = true;
        continue;
      }
      work.made.push_back(stored_run_of(done.result));
      all.push_back(work.made.back());
    }
  }
}

// False: interrupted. What was made before that is kept.
bool BisectProber::run_all(std::vector<Work>& works) {
  const size_t share = std::max<size_t>(1, question_.jobs / std::max<size_t>(1, works.size()));
  for (size_t begin = 0; begin < works.size(); begin += question_.jobs) {
    std::vector<std::thread> threads;
    for (size_t i = begin; i < std::min(works.size(), begin + question_.jobs); ++i) {
      threads.emplace_back([this, &work = works[i], share] {
        try {
          run_one(work, share);
        } catch (...) {
          work.failure = std::current_exception();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const Work& work : works) {
    runs_made_ += work.made.size();
    cache_.add(work.context, records_[work.index].opened.key, work.made);
  }
  for (const Work& work : works) {
    if (work.failure) std::rethrow_exception(work.failure);
  }
  return std::none_of(works.begin(), works.end(), [](const Work& work) { return work.interrupted; });
}

void BisectProber::keep(const Work& work, std::vector<StoredRun>& runs) {
  runs = work.known;
  runs.insert(runs.end(), work.made.begin(), work.made.end());
}

std::vector<ProbeWord> BisectProber::probe(const std::vector<size_t>& indices) {
  if (!candidates_.one_at_a_time()) return probe_together(indices);
  std::vector<ProbeWord> words;
  for (const size_t index : indices) {
    const std::vector<ProbeWord> word = probe_together({index});
    if (word.empty()) break;
    words.push_back(word.front());
  }
  return words;
}

std::vector<ProbeWord> BisectProber::probe_together(const std::vector<size_t>& indices) {
  const bool learning = !finding_;
  std::vector<Work> works;
  for (const size_t index : indices) {
    if (interrupt_.requested()) return {};
    const bool asked = records_.at(index).asked;
    open(index);
    const ProbeRecord& record = records_[index];
    if (asked || record.same_as || record.opened.engine == nullptr) continue;
    try {
      works.push_back(work_for(index, true, learning));
    } catch (const Error& error) {  // a start that its bundles need is not in the recording
      records_[index].opened.engine = nullptr;
      records_[index].opened.missing = error.what();
      continue;
    }
    works.back().context = context_of(works.back().request, works.back().plan);
    works.back().known = cache_.load(works.back().context, record.opened.key);
  }
  const bool finished = run_all(works);
  for (const Work& work : works) {
    ProbeRecord& record = records_[work.index];
    keep(work, record.runs);
    record.from_cache = work.known.size();
    record.start = work.plan.checkpoint;
    if (!finished && record.runs.empty()) record.asked = false;
  }
  if (!finished) return {};
  if (learning) learn(indices);
  std::vector<ProbeWord> words;
  for (const size_t index : indices) {
    const bool heap_refused = near_start_ && word(index) == ProbeWord::kSkip &&
                              record_of(index).opened.engine != nullptr;
    if (heap_refused && !confirm(index, question_.rule.miss_chance)) return {};
    if (observer_) observer_(index, records_[index]);
    words.push_back(word(index));
  }
  return words;
}

// Takes the first finding among these for the one that is looked for.
void BisectProber::learn(const std::vector<size_t>& indices) {
  for (const size_t index : indices) {
    const ProbeRecord& record = record_of(index);
    std::vector<const Verdict*> verdicts;
    for (const StoredRun& run : record.runs) verdicts.push_back(&run.verdict);
    if (verdicts.empty()) continue;
    const Verdict& headline = *verdicts[judge_runs(verdicts).headline];
    if (!is_finding(headline)) continue;
    finding_ = headline;
    finding_key_ = record.opened.key;
    const size_t owner = records_[index].same_as.value_or(index);
    if (!question_.rule.rate_floor) question_.rule.rate_floor = rate_floor_of(tally_of(record.runs, owner));
    static_cast<void>(narrow(owner));
    return;
  }
}

// Whether the finding survives a start from the nearest checkpoint. False: interrupted.
bool BisectProber::narrow(size_t index) {
  if (!finding_->step || records_[index].opened.engine == nullptr) return true;
  const ReplayRequest request = request_for(records_[index]);
  if (request.from_genesis) return true;
  std::optional<Checkpoint> nearest;
  for (const Checkpoint& each : recording_.checkpoints(request.subject_id)) {
    if (each.available && each.next_step <= *finding_->step) nearest = each;
  }
  const Checkpoint original = plan_for(request).checkpoint;
  if (!nearest || nearest->next_step <= original.next_step) return true;
  near_start_ = nearest;
  std::vector<Work> works{work_for(index, true, true)};
  Work& work = works.front();
  work.context = context_of(work.request, work.plan);
  work.known = cache_.load(work.context, records_[index].opened.key);
  if (!run_all(works)) {
    near_start_.reset();
    return false;
  }
  std::vector<StoredRun> runs;
  keep(work, runs);
  // As often as from the original start, as far as so few runs can tell.
  const ProbeTally tally = tally_of(runs, index);
  if (tally.met == 0 || tally.met < tally.runs()) near_start_.reset();
  return true;
}

std::optional<ProbeWord> BisectProber::confirm(size_t index, double miss_chance) {
  const size_t owner = records_.at(index).same_as.value_or(index);
  ProbeRecord& record = records_[owner];
  if (engine(owner) == nullptr) return word(index);
  std::vector<Work> works{work_for(owner, false, false)};
  Work& work = works.front();
  const bool from_original = work.plan.checkpoint.next_step == record.start.next_step;
  std::vector<StoredRun>& runs = from_original ? record.runs : record.confirming;
  work.context = context_of(work.request, work.plan);
  work.known = !runs.empty() ? runs : cache_.load(work.context, record.opened.key);
  ProbeRule rule = question_.rule;
  rule.miss_chance = miss_chance;
  work.wants_more = [this, owner, rule](const std::vector<StoredRun>& all) {
    return wants_more(tally_of(all, owner), rule, false);
  };
  const bool finished = run_all(works);
  keep(work, runs);
  if (!finished) return std::nullopt;
  return word(index);
}

}  // namespace recrank
