#include "harness/session/replay_session.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "harness/session/evidence_check.h"
#include "harness/session/parallel_replay.h"
#include "harness/session/untrusted_heaps.h"
#include "replay/dialect.h"
#include "replay/verdict_words.h"

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

ReplayResult damaged(const ReplayPlan& plan, const std::string& damage) {
  return unjudged(plan, "the evidence is damaged: " + damage + " (take another copy of it)");
}

// A subject's part in the batch: either jobs to run or the reason why it cannot be judged.
struct Prepared {
  std::optional<ReplayResult> refused;
  ReplayPlan whole;
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
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kIo) throw;
    prepared.refused = unjudged(plan, error.what());
    return prepared;
  }
  prepared.whole = plan;
  prepared.parts = {plan};
  const bool splits = session.split_spans && !needs_fresh_engine(prepared.request);
  if (splits && !prepared.request.from_genesis) {
    prepared.parts = split_plan(recording, subject_id, plan, session.jobs * kPartsPerJob);
  }
  RECRANK_LOG(kInfo, "session", "prepared", {"subject", subject_id},
              {"parts", prepared.parts.size()}, {"jobs", session.jobs});
  return prepared;
}

// One subject and the runs of it that were made.
struct Candidate {
  Prepared prepared;
  std::vector<std::string> untrusted_heaps;
  double evidence_cpu_s = 0;
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
  candidate.decided =
      candidate.stopped != StopReason::kAllRuns || candidate.runs.size() >= candidate.rule.runs_max;
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
               ReplayObserver* observer, const std::function<void(const SessionNews&)>& told) {
  std::vector<Candidate*> owners;
  std::vector<ReplayJob> jobs;
  const auto open = std::count_if(candidates.begin(), candidates.end(),
                                  [](const Candidate& each) { return !each.decided; });
  const size_t share =
      std::max<size_t>(1, threads / std::max<size_t>(1, static_cast<size_t>(open)));
  for (Candidate& candidate : candidates) {
    if (candidate.decided) continue;
    const size_t left = candidate.rule.runs_max - candidate.runs.size();
    for (size_t run = 0; run < std::min(share, left); ++run) {
      jobs.push_back({candidate.prepared.request, candidate.prepared.parts});
      jobs.back().request.run = candidate.runs.size() + run;
      owners.push_back(&candidate);
    }
  }
  std::vector<JobResult> results =
      replay_all(recording, engine, jobs, threads, interrupt, observer);
  for (size_t i = 0; i < results.size(); ++i) add_run(*owners[i], std::move(results[i]));
  for (Candidate* owner : owners) decide(*owner);
  if (!told) return;
  for (const Candidate& candidate : candidates) {
    if (std::find(owners.begin(), owners.end(), &candidate) == owners.end()) continue;
    told({candidate.runs.back().result.verdict, candidate.prepared.request.subject_id,
          candidate.runs.size(), candidate.rule.runs_max});
  }
}

SubjectSession assemble(const Recording& recording, const Subject& subject, Candidate& candidate) {
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
  session.report.every_kind = dialect_of(recording).records_ends();
  session.report.result = std::move(shown.result);
  session.report.parts = std::move(shown.parts);
  session.report.uncovered =
      uncovered_steps(recording, candidate.prepared.request, candidate.prepared.whole);
  session.report.result.cost.evidence_cpu_s = candidate.evidence_cpu_s;
  note_untrusted(session.report, candidate.untrusted_heaps);
  return session;
}

// Computes the hashes anew that the candidates rest on, and refuses those whose evidence is
// damaged.
void check_candidates(const Recording& recording, std::vector<Candidate>& candidates) {
  std::vector<EvidenceQuery> queries;
  std::vector<Candidate*> owners;
  for (Candidate& candidate : candidates) {
    if (candidate.decided) continue;
    queries.push_back({candidate.prepared.request.subject_id, candidate.prepared.whole.range});
    owners.push_back(&candidate);
  }
  const std::vector<EvidenceState> states = check_evidence(recording, queries);
  for (size_t i = 0; i < states.size(); ++i) {
    Candidate& owner = *owners[i];
    owner.evidence_cpu_s = states[i].cpu_s;
    const bool trusting = owner.prepared.request.snapshot_trust == SnapshotTrust::kBytes;
    if (!states[i].damage.empty()) {
      refuse(owner, damaged(owner.prepared.whole, states[i].damage.front()));
    } else if (!states[i].heaps.empty() && !trusting) {
      refuse(owner, damaged(owner.prepared.whole, states[i].heaps.front()));
    } else {
      owner.untrusted_heaps = states[i].heaps;
    }
  }
}

}  // namespace

std::vector<SubjectSession> run_session(const Recording& recording, const Engine& engine,
                                        const SessionRequest& request, const Interrupt& interrupt,
                                        ReplayObserver* observer) {
  std::vector<Candidate> candidates;
  for (const std::string& id : request.subject_ids) {
    Candidate& candidate = candidates.emplace_back();
    candidate.prepared = prepare(recording, request, id);
    candidate.rule = {request.repeat, request.repeat > 1 && !request.repeat_all};
    if (candidate.prepared.refused) refuse(candidate, std::move(*candidate.prepared.refused));
  }
  check_candidates(recording, candidates);
  const auto undecided = [](const Candidate& each) { return !each.decided; };
  while (std::any_of(candidates.begin(), candidates.end(), undecided)) {
    run_round(recording, engine, request.jobs, candidates, interrupt, observer, request.told);
  }
  std::vector<SubjectSession> sessions;
  for (size_t i = 0; i < candidates.size(); ++i) {
    sessions.push_back(
        assemble(recording, find_subject(recording, request.subject_ids[i]), candidates[i]));
  }
  return sessions;
}

SubjectSession run_once(const Recording& recording, const Engine& engine, ReplayRequest request,
                        const Interrupt& interrupt) {
  SessionRequest session;
  session.subject_ids = {request.subject_id};
  session.base = std::move(request);
  return std::move(run_session(recording, engine, session, interrupt, nullptr).front());
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

VerdictKind graver(VerdictKind a, VerdictKind b) {
  constexpr std::array kOrder{VerdictKind::kInterrupted, VerdictKind::kCrashed,
                              VerdictKind::kDiverged,    VerdictKind::kLimit,
                              VerdictKind::kUnjudged,    VerdictKind::kClean};
  return *std::find_if(kOrder.begin(), kOrder.end(),
                       [&](VerdictKind kind) { return kind == a || kind == b; });
}

VerdictKind gravest(const std::vector<SubjectSession>& sessions) {
  if (sessions.empty()) return VerdictKind::kUnjudged;  // no subject at all: nothing was compared
  VerdictKind worst = VerdictKind::kClean;
  for (const SubjectSession& session : sessions) {
    worst = graver(worst, session.report.result.verdict.kind);
    if (session.repeated.stopped == StopReason::kInterrupted) worst = VerdictKind::kInterrupted;
  }
  return worst;
}

}  // namespace recrank
