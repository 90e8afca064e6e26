#include "harness/replay_session.h"

#include <algorithm>
#include <array>
#include <optional>

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
                                     StepRange range) {
  const HashReport report = recording.verify({subject_id, range});
  for (const Damage& damage : report.damage) {
    if (damage.subject_id.empty() || damage.subject_id == subject_id) {
      return "the evidence is damaged: " + damage.place + ": " + damage.what +
             " (take another copy of it)";
    }
  }
  return std::nullopt;
}

// A subject's part in the batch: either jobs to run or the reason why it cannot be judged.
struct Prepared {
  std::optional<ReplayResult> refused;
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
    if (const auto damage = damage_of(recording, subject_id, plan.range)) {
      prepared.refused = unjudged(plan, *damage);
      return prepared;
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kIo) throw;
    prepared.refused = unjudged(plan, error.what());
    return prepared;
  }
  prepared.parts = {plan};
  if (session.split_spans && !prepared.request.from_genesis) {
    prepared.parts = split_plan(recording, subject_id, plan, session.jobs * kPartsPerJob);
  }
  return prepared;
}

SubjectSession assemble(const Subject& subject, std::vector<JobResult> runs) {
  SubjectSession session;
  std::vector<const Verdict*> verdicts;
  for (const JobResult& run : runs) verdicts.push_back(&run.result.verdict);
  session.repeated = judge_runs(verdicts);
  for (const OutcomeCount& outcome : session.repeated.outcomes) {
    session.outcome_lines.push_back(headline(*verdicts[outcome.example]));
  }
  JobResult& shown = runs[session.repeated.headline];
  session.report.subject = subject;
  session.report.result = std::move(shown.result);
  session.report.parts = std::move(shown.parts);
  return session;
}

}  // namespace

std::vector<SubjectSession> run_session(const Recording& recording, const Engine& engine,
                                        const SessionRequest& request, const Interrupt& interrupt,
                                        ReplayObserver* observer) {
  std::vector<Prepared> prepared;
  std::vector<ReplayJob> jobs;
  for (const std::string& id : request.subject_ids) {
    prepared.push_back(prepare(recording, request, id));
    if (prepared.back().refused) continue;
    for (size_t run = 0; run < request.repeat; ++run) {
      jobs.push_back({prepared.back().request, prepared.back().parts});
    }
  }
  std::vector<JobResult> results =
      replay_all(recording, engine, jobs, request.jobs, interrupt, observer);
  std::vector<SubjectSession> sessions;
  size_t next = 0;
  for (size_t i = 0; i < prepared.size(); ++i) {
    std::vector<JobResult> runs;
    if (prepared[i].refused) {
      runs.push_back({std::move(*prepared[i].refused), {}});
    } else {
      for (size_t run = 0; run < request.repeat; ++run) runs.push_back(std::move(results[next++]));
    }
    sessions.push_back(assemble(find_subject(recording, request.subject_ids[i]), std::move(runs)));
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
      return session.report.result.verdict.kind == kind;
    });
    if (seen) return kind;
  }
  return VerdictKind::kUnjudged;  // no subject at all: nothing was compared
}

}  // namespace recrank
