#include "harness/replay_session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <thread>

#include "base/error.h"
#include "harness/parallel_replay.h"
#include "harness/untrusted_heaps.h"

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

std::string words_of(const std::string& damage) {
  return "the evidence is damaged: " + damage + " (take another copy of it)";
}

// The first damage that concerns the subject, in words.
std::optional<std::string> damage_of(const Recording& recording, const std::string& subject_id,
                                     StepRange range, VerifyParts parts) {
  const HashReport report = recording.verify({subject_id, range, parts});
  for (const Damage& damage : report.damage) {
    if (damage.subject_id.empty() || damage.subject_id == subject_id) {
      return words_of(damage.place + ": " + damage.what);
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
          item.damage = heap_damage(recording_, item.subject_id, item.range);
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
  [[nodiscard]] const std::vector<std::string>& damage(size_t n) const { return work_[n].damage; }

 private:
  struct Item {
    std::string subject_id;
    StepRange range;
    std::vector<std::string> damage;
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
  HeapCheck heaps(recording);
  for (const std::string& id : request.subject_ids) {
    prepared.push_back(prepare(recording, request, id));
    if (prepared.back().refused) continue;
    heaps.add(id, prepared.back().whole);
    for (size_t run = 0; run < request.repeat; ++run) {
      jobs.push_back({prepared.back().request, prepared.back().parts});
      jobs.back().request.run = run;
    }
  }
  heaps.start();
  std::vector<JobResult> results =
      replay_all(recording, engine, jobs, request.jobs, interrupt, observer);
  heaps.wait();
  std::vector<SubjectSession> sessions;
  size_t next = 0;
  size_t checked = 0;
  for (size_t i = 0; i < prepared.size(); ++i) {
    std::vector<JobResult> runs;
    std::vector<std::string> passed_over;
    if (prepared[i].refused) {
      runs.push_back({std::move(*prepared[i].refused), {}});
    } else {
      const std::vector<std::string>& damage = heaps.damage(checked++);
      const bool trusted = request.base.snapshot_trust == SnapshotTrust::kBytes;
      if (trusted) passed_over = damage;
      for (size_t run = 0; run < request.repeat; ++run) {
        runs.push_back(std::move(results[next++]));
        if (!damage.empty() && !trusted) {
          runs.back().result.verdict = unjudged({}, words_of(damage.front())).verdict;
        }
      }
    }
    sessions.push_back(assemble(find_subject(recording, request.subject_ids[i]), std::move(runs)));
    note_untrusted(sessions.back().report, passed_over);
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
  }
  return worst;
}

}  // namespace recrank
