#include "harness/replay_session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <thread>

#include "base/error.h"
#include "harness/parallel_replay.h"

namespace recrank {
namespace {

// More parts than threads, so that a thread that is done early finds another part to take.
constexpr size_t kPartsPerJob = 3;

ReplayResult unjudged(const ReplayPlan& plan, const std::string& reason) {
  ReplayResult result;
  result.plan = plan;
  result.verdict.kind = VerdictKind::kUnjudged;
  result.verdict.reason = reason;
  return result;
}

// The first damage that concerns the subject, in words.
std::optional<std::string> damage_of(const Recording& recording, const std::string& subject_id,
                                     StepRange range, VerifyParts parts) {
  const HashReport report = recording.verify({subject_id, range, parts});
  for (const Damage& damage : report.damage) {
    if (damage.subject_id.empty() || damage.subject_id == subject_id) {
      return "the evidence is damaged: " + damage.place + ": " + damage.what +
             " (take another copy of it)";
    }
  }
  return std::nullopt;
}

// Checks the heap snapshots of what is being replayed, beside the replay: a heap that an engine
// starts from is checked before it starts, and the others bear on no step of this run. A verdict is
// given only when all of them have been looked at.
class HeapCheck {
 public:
  explicit HeapCheck(const Recording& recording) : recording_(recording) {}
  void add(const std::string& subject_id, StepRange range) { work_.push_back({subject_id, range, {}}); }
  void start() {
    thread_ = std::jthread([this] {
      try {
        for (Item& item : work_) {
          item.damage = damage_of(recording_, item.subject_id, item.range, VerifyParts::kHeaps);
        }
      } catch (...) {  // rethrown by wait() on the caller's thread
        failure_ = std::current_exception();
      }
    });
  }
  void wait() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
  }
  // After wait(). The damage of the n-th subject that was added.
  [[nodiscard]] const std::optional<std::string>& damage(size_t n) const { return work_[n].damage; }

 private:
  struct Item {
    std::string subject_id;
    StepRange range;
    std::optional<std::string> damage;
  };
  const Recording& recording_;
  std::vector<Item> work_;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it ends before what it uses
};

// A subject's part in the batch: either jobs to run or the reason why it cannot be judged.
struct Prepared {
  std::optional<ReplayResult> refused;
  StepRange whole;
  std::vector<ReplayPlan> parts;
  ReplayRequest request;
};

Prepared prepare(const Recording& recording, const SessionRequest& session,
                 const std::string& subject_id) {
  Prepared prepared;
  prepared.request = session.base;
  prepared.request.subject_id = subject_id;
  ReplayPlan plan;
  try {
    plan = plan_replay(recording, prepared.request);
    if (const auto damage = damage_of(recording, subject_id, plan.range, VerifyParts::kAllButHeaps)) {
      prepared.refused = unjudged(plan, *damage);
      return prepared;
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kIo) throw;
    prepared.refused = unjudged(plan, error.what());
    return prepared;
  }
  prepared.whole = plan.range;
  prepared.parts = {plan};
  if (session.split_spans && !prepared.request.from_genesis) {
    prepared.parts = split_plan(recording, subject_id, plan, session.jobs * kPartsPerJob);
  }
  return prepared;
}

// One subject and the runs of it that were made.
struct Candidate {
  Prepared prepared;
  std::vector<JobResult> runs;
  RepeatRule rule;
  StopReason stopped = StopReason::kAllRuns;
  bool decided = false;
};

std::vector<const Verdict*> verdicts_of(const std::vector<JobResult>& runs) {
  std::vector<const Verdict*> verdicts;
  for (const JobResult& run : runs) verdicts.push_back(&run.result.verdict);
  return verdicts;
}

// What was cut short tells nothing; it is kept only where there is nothing else.
void add_run(Candidate& candidate, JobResult run) {
  if (run.result.verdict.kind == VerdictKind::kInterrupted) {
    candidate.decided = true;
    candidate.stopped = StopReason::kInterrupted;
    if (!candidate.runs.empty()) return;
  } else {
    std::erase_if(candidate.runs, [](const JobResult& known) {
      return known.result.verdict.kind == VerdictKind::kInterrupted;
    });
  }
  candidate.runs.push_back(std::move(run));
}

void decide(Candidate& candidate) {
  if (candidate.decided) return;
  candidate.stopped = judge_runs(verdicts_of(candidate.runs), candidate.rule).stopped;
  candidate.decided = candidate.stopped != StopReason::kAllRuns ||
                      candidate.runs.size() >= candidate.rule.runs_max;
}

void refuse(Candidate& candidate, ReplayResult result) {
  candidate.runs.clear();
  candidate.runs.push_back({std::move(result), {}});
  candidate.decided = true;
  candidate.stopped = StopReason::kNotAsked;
}

// Some more runs of every subject that is not decided.
void run_round(const Recording& recording, const Engine& engine, size_t threads,
               std::vector<Candidate>& candidates, const Interrupt& interrupt,
               ReplayObserver* observer) {
  std::vector<Candidate*> owners;
  std::vector<ReplayJob> jobs;
  const auto open = std::count_if(candidates.begin(), candidates.end(),
                                  [](const Candidate& each) { return !each.decided; });
  const size_t share = std::max<size_t>(1, threads / std::max<size_t>(1, static_cast<size_t>(open)));
  for (Candidate& candidate : candidates) {
    if (candidate.decided) continue;
    const size_t left = candidate.rule.runs_max - candidate.runs.size();
    for (size_t run = 0; run < std::min(share, left); ++run) {
      jobs.push_back({candidate.prepared.request, candidate.prepared.parts});
      owners.push_back(&candidate);
    }
  }
  std::vector<JobResult> results = replay_all(recording, engine, jobs, threads, interrupt, observer);
  for (size_t i = 0; i < results.size(); ++i) add_run(*owners[i], std::move(results[i]));
  for (Candidate* owner : owners) decide(*owner);
}

SubjectSession assemble(const Subject& subject, Candidate& candidate) {
  SubjectSession session;
  const std::vector<const Verdict*> verdicts = verdicts_of(candidate.runs);
  session.repeated = judge_runs(verdicts, candidate.rule);
  session.repeated.stopped = candidate.stopped;
  for (const OutcomeCount& outcome : session.repeated.outcomes) {
    const Verdict& verdict = *verdicts[outcome.example];
    session.outcome_verdicts.push_back(verdict);
    session.outcome_lines.push_back(
        headline(verdict) + (verdict.signature.empty() ? "" : " (" + verdict.signature + ")"));
  }
  JobResult& shown = candidate.runs[session.repeated.headline];
  session.report.subject = subject;
  session.report.result = std::move(shown.result);
  session.report.parts = std::move(shown.parts);
  return session;
}

}  // namespace

std::vector<SubjectSession> run_session(const Recording& recording, const Engine& engine,
                                        const SessionRequest& request, const Interrupt& interrupt,
                                        ReplayObserver* observer) {
  std::vector<Candidate> candidates;
  std::vector<Candidate*> checked;  // in the order of the heap checks
  candidates.reserve(request.subject_ids.size());
  HeapCheck heaps(recording);
  for (const std::string& id : request.subject_ids) {
    Candidate& candidate = candidates.emplace_back();
    candidate.prepared = prepare(recording, request, id);
    candidate.rule = {request.repeat, request.repeat > 1 && !request.repeat_all};
    if (candidate.prepared.refused) {
      refuse(candidate, std::move(*candidate.prepared.refused));
      continue;
    }
    heaps.add(id, candidate.prepared.whole);
    checked.push_back(&candidate);
  }
  heaps.start();
  run_round(recording, engine, request.jobs, candidates, interrupt, observer);
  heaps.wait();
  for (size_t i = 0; i < checked.size(); ++i) {
    if (heaps.damage(i)) refuse(*checked[i], unjudged({}, *heaps.damage(i)));
  }
  const auto undecided = [](const Candidate& each) { return !each.decided; };
  while (std::any_of(candidates.begin(), candidates.end(), undecided)) {
    run_round(recording, engine, request.jobs, candidates, interrupt, observer);
  }
  std::vector<SubjectSession> sessions;
  for (size_t i = 0; i < candidates.size(); ++i) {
    sessions.push_back(assemble(find_subject(recording, request.subject_ids[i]), candidates[i]));
  }
  return sessions;
}

SessionSize measure_session(const Recording& recording, const SessionRequest& request,
                            const Interrupt& interrupt) {
  SessionSize size;
  for (const std::string& id : request.subject_ids) {
    try {
      ReplayRequest each = request.base;
      each.subject_id = id;
      const ReplayPlan plan = plan_replay(recording, each);
      const auto stream = recording.steps(id, plan.range);
      Step step;
      while (!interrupt.requested() && stream->next(step)) {
        size.steps += request.repeat;
        size.computrons += step.computrons.value_or(0) * request.repeat;
      }
    } catch (const Error&) {
      // What cannot be read is reported by the session itself; a progress line can do without it.
    }
  }
  return size;
}

VerdictKind gravest(const std::vector<SubjectSession>& sessions) {
  constexpr std::array kOrder{VerdictKind::kInterrupted, VerdictKind::kCrashed,
                              VerdictKind::kDiverged,    VerdictKind::kLimit,
                              VerdictKind::kUnjudged,    VerdictKind::kClean};
  for (const VerdictKind kind : kOrder) {
    const bool seen = std::any_of(sessions.begin(), sessions.end(), [&](const auto& session) {
      return session.report.result.verdict.kind == kind ||
             (kind == VerdictKind::kInterrupted && session.repeated.stopped == StopReason::kInterrupted);
    });
    if (seen) return kind;
  }
  return VerdictKind::kUnjudged;  // no subject at all: nothing was compared
}

}  // namespace recrank
