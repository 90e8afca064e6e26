#include "harness/certainty/explain.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/session/parallel_replay.h"
#include "replay/crash/signature.h"
#include "replay/dialect.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

// Far above what an engine of this kind can use by itself (its heap ends at 2 GiB).
constexpr uint64_t kLiftedMemoryBytes = 24ULL << 30;
constexpr uint64_t kLiftedMeterTimes = 10;

bool same_place(const Checkpoint& a, const Checkpoint& b) {
  return a.kind == b.kind && a.next_step == b.next_step;
}

// The limit that a finding may be the work of, and the same without it.
struct LiftedLimit {
  std::string name;
  Limits limits;
};

std::optional<LiftedLimit> lift_limit(const Verdict& finding, const Limits& limits,
                                      const Dialect& dialect) {
  LiftedLimit lifted{"", limits};
  // Under too little memory an engine may go on with an error that nobody recorded. What is usual
  // is enough only for those that give up far below it.
  const bool short_of_it =
      limits.memory_bytes < Limits{}.memory_bytes || !dialect.bounds_its_memory();
  const bool memory = finding.kind == VerdictKind::kCrashed ||
                      (finding.kind == VerdictKind::kDiverged && short_of_it) ||
                      (finding.limit && (finding.limit->kind == LimitKind::kMemory ||
                                         finding.limit->kind == LimitKind::kStack));
  if (memory) {
    lifted.name = "memory limit of " + format_bytes(limits.memory_bytes);
    lifted.limits.memory_bytes = std::max(kLiftedMemoryBytes, limits.memory_bytes * 4);
    return lifted;
  }
  if (finding.limit && finding.limit->kind == LimitKind::kComputrons) {
    // Not switched off: what loops for ever is to end.
    const std::string& value = finding.limit->value;
    const uint64_t met = parse_uint(value.substr(0, value.find(' '))).value_or(kComputronsDefault);
    lifted.name = "meter limit of " + value;
    lifted.limits.computrons = std::min(kMeterLimitMax, met * kLiftedMeterTimes);
    return lifted;
  }
  return std::nullopt;  // what did not end in time would not end in more of it either
}

// Makes the rows of one table.
class Controls {
 public:
  Controls(const Recording& recording, const Engine& engine, const SubjectSession& session,
           const ExplainRequest& request, const Interrupt& interrupt)
      : recording_(recording),
        engine_(engine),
        session_(session),
        request_(request),
        interrupt_(interrupt),
        finding_(session.report.result.verdict) {
    base_ = request.base;
    base_.subject_id = session.report.subject.id;
    plan_ = session.report.result.plan;
    for (const ReplayPlan& part : session.report.parts) {
      if (finding_.step && part.range.contains(*finding_.step)) plan_ = part;
    }
  }

  Explained run() {
    ControlTable& table = explained_.table;
    table.aslr = base_.aslr;
    check_evidence();
    if (!table.damage.empty() || plan_.range.empty()) return finish();
    const bool killed = sent_from_outside(finding_.end);
    if (finding_.kind == VerdictKind::kClean) {
      look_for_a_finding();
      if (finding_.kind == VerdictKind::kClean) return finish();
      explained_.found = finding_;
    } else if (finding_.kind == VerdictKind::kUnjudged && !killed) {
      return finish();
    }
    if (finding_.step) plan_.range.end = std::min(plan_.range.end, *finding_.step + 1);
    if (table.rows.empty()) {
      add_again();
      if (!killed) add_layout();
    }
    if (!killed) {
      add_limit();
      add_starts();
      add_engine(ControlKind::kDebugEngine, request_.debug);
      add_engine(ControlKind::kReferenceEngine, request_.reference);
    }
    return finish();
  }

 private:
  Explained finish() {
    explained_.table.finding = finding_.kind;
    explained_.table.killed = sent_from_outside(finding_.end);
    explained_.table.reason = finding_.reason;
    explained_.explanation = explain(explained_.table);
    Explanation& explanation = explained_.explanation;
    const std::string& own_limit = finding_.end.own_limit;
    if (!own_limit.empty() && explanation.cause != Cause::kEnvironment) {
      explanation.reservations.insert(explanation.reservations.begin(),
                                      "a limit that recrank set can have caused it: " + own_limit);
    }
    return std::move(explained_);
  }

  void check_evidence() {
    VerifyScope scope{base_.subject_id, std::nullopt, VerifyParts::kAll};
    if (!plan_.range.empty()) scope.range = plan_.range;
    const HashReport report = recording_.verify(scope);
    explained_.evidence.hashes = report.spans + report.snapshots + report.bundles;
    for (const Damage& damage : report.damage) {
      if (!damage.subject_id.empty() && damage.subject_id != base_.subject_id) continue;
      explained_.table.damage.push_back(damage.place + ": " + damage.what);
    }
  }

  // All clean so far: more runs, with and without randomisation, of the whole range.
  void look_for_a_finding() {
    const std::vector<ReplayResult> again = runs_of(engine_, base_, plan_);
    ReplayRequest other = base_;
    other.aslr = !base_.aslr;
    const std::vector<ReplayResult> switched = runs_of(engine_, other, plan_);
    for (const auto* row : {&again, &switched}) {
      for (const ReplayResult& each : *row) {
        const VerdictKind kind = each.verdict.kind;
        const bool found = kind == VerdictKind::kCrashed || kind == VerdictKind::kDiverged ||
                           kind == VerdictKind::kLimit;
        if (found && finding_.kind == VerdictKind::kClean) finding_ = each.verdict;
      }
    }
    add_row(ControlKind::kAgain, again_label(), again, Builds::kSame);
    add_row(ControlKind::kOtherLayout, layout_label(), switched, Builds::kSame);
  }

  [[nodiscard]] std::string again_label() const {
    return "the same again, from " + plan_.checkpoint.label() + ", randomisation " +
           (base_.aslr ? "on" : "off");
  }
  [[nodiscard]] std::string layout_label() const {
    return std::string("with randomisation ") + (base_.aslr ? "off" : "on");
  }

  // Enough runs of the same replay may be there already.
  void add_again() {
    const RepeatedVerdict& repeated = session_.repeated;
    if (repeated.asked <= 1 || repeated.runs < request_.runs) {
      add_row(ControlKind::kAgain, again_label(), runs_of(engine_, base_, plan_), Builds::kSame);
      return;
    }
    ControlRow row;
    row.kind = ControlKind::kAgain;
    row.label = again_label();
    for (size_t i = 0; i < repeated.outcomes.size(); ++i) {
      const Verdict& verdict = session_.outcome_verdicts[i];
      for (size_t run = 0; run < repeated.outcomes[i].count; ++run)
        count(row, verdict, Builds::kSame);
    }
    explained_.table.rows.push_back(std::move(row));
  }

  void add_layout() {
    ReplayRequest other = base_;
    other.aslr = !base_.aslr;
    add_row(ControlKind::kOtherLayout, layout_label(), runs_of(engine_, other, plan_),
            Builds::kSame);
  }

  void add_limit() {
    const std::optional<LiftedLimit> lifted =
        lift_limit(finding_, base_.limits, dialect_of(recording_));
    if (!lifted) return;
    explained_.table.limit = lifted->name;
    ReplayRequest other = base_;
    other.limits = lifted->limits;
    add_row(ControlKind::kWithoutLimit, "with far more than the " + lifted->name,
            runs_of(engine_, other, plan_), Builds::kSame);
  }

  // From other checkpoints: genesis, the nearest, the one before it; none of them twice.
  void add_starts() {
    if (!finding_.step) return;
    std::vector<Checkpoint> tried{plan_.checkpoint};
    add_start(ControlKind::kGenesis, true, *finding_.step, tried);
    const std::optional<Checkpoint> nearest =
        add_start(ControlKind::kNearest, false, *finding_.step, tried);
    if (nearest && nearest->next_step > 0) {
      add_start(ControlKind::kEarlier, false, nearest->next_step - 1, tried);
    }
  }

  std::optional<Checkpoint> add_start(ControlKind kind, bool genesis, uint64_t from,
                                      std::vector<Checkpoint>& tried) {
    ReplayRequest other = base_;
    other.from_genesis = genesis;
    other.from = from;
    other.to = *finding_.step;
    ReplayPlan plan;
    try {
      plan = plan_replay(recording_, other);
    } catch (const Error&) {
      // No such beginning is held: there is no row, and the ones before it stand.
      return std::nullopt;
    }
    const bool known = std::any_of(tried.begin(), tried.end(), [&](const Checkpoint& each) {
      return same_place(each, plan.checkpoint);
    });
    if (known) return plan.checkpoint;
    tried.push_back(plan.checkpoint);
    add_row(kind, "from " + plan.checkpoint.label(), runs_of(engine_, other, plan), Builds::kSame);
    return plan.checkpoint;
  }

  void add_engine(ControlKind kind, const OtherEngine& other) {
    const std::string label = "on " + other.name;
    const bool own_count =
        kind == ControlKind::kDebugEngine && finding_.kind == VerdictKind::kDiverged &&
        !finding_.divergences.empty() && finding_.divergences.front().field == Field::kComputrons;
    if (other.engine == nullptr || own_count) {
      // Without --reference-engine nobody missed it.
      if (kind == ControlKind::kReferenceEngine && other.not_there.empty()) return;
      const char* const own = "a debug build counts computrons in its own way";
      skip(kind, label, own_count ? own : other.not_there);
      return;
    }
    ReplayRequest request = base_;
    // A build without optimisation counts otherwise in every delivery, and would diverge at once.
    if (kind == ControlKind::kDebugEngine) request.compare.computrons = false;
    add_row(kind, label, runs_of(*other.engine, request, plan_), Builds::kOther);
  }

  std::vector<ReplayResult> runs_of(const Engine& engine, const ReplayRequest& request,
                                    const ReplayPlan& plan) {
    std::vector<ReplayResult> results;
    if (interrupt_.requested()) return results;
    const std::vector<ReplayJob> jobs(request_.runs, ReplayJob{request, {plan}});
    for (JobResult& each :
         replay_all(recording_, engine, jobs, request_.jobs, interrupt_, nullptr)) {
      if (each.result.verdict.kind == VerdictKind::kInterrupted) continue;
      // It ran to the end and there was nothing to hold it against: for a control it has passed.
      const bool ran = !each.result.ended && each.result.verdict.kind == VerdictKind::kUnjudged;
      if (ran) each.result.verdict = Verdict{};
      if (ran) each.result.verdict.kind = VerdictKind::kClean;
      results.push_back(std::move(each.result));
    }
    return results;
  }

  void skip(ControlKind kind, const std::string& label, const std::string& why) {
    ControlRow row;
    row.kind = kind;
    row.label = label;
    row.not_run = why;
    explained_.table.rows.push_back(std::move(row));
  }

  void add_row(ControlKind kind, const std::string& label, const std::vector<ReplayResult>& runs,
               Builds builds) {
    if (runs.empty()) return skip(kind, label, "interrupted");
    ControlRow row;
    row.kind = kind;
    row.label = label;
    for (const ReplayResult& each : runs) count(row, each.verdict, builds);
    explained_.table.rows.push_back(std::move(row));
  }

  void count(ControlRow& row, const Verdict& verdict, Builds builds) {
    const ControlOutcome outcome = classify(finding_, verdict, builds);
    row.add(outcome);
    const bool lived_on = verdict.lived_on && verdict.lived_on->calls > 0;
    const bool told = outcome == ControlOutcome::kMet || outcome == ControlOutcome::kPassed;
    if (told && !lived_on) return;
    const std::string line =
        told
            ? std::string(kLivedOnWords)
            : headline(verdict) + (verdict.signature.empty() ? "" : " (" + verdict.signature + ")");
    // One line for each kind of end, in the order of the runs.
    if (std::find(row.elsewise.begin(), row.elsewise.end(), line) == row.elsewise.end()) {
      row.elsewise.push_back(line);
    }
  }

  const Recording& recording_;
  const Engine& engine_;
  const SubjectSession& session_;
  const ExplainRequest& request_;
  const Interrupt& interrupt_;
  Verdict finding_;
  ReplayRequest base_;
  ReplayPlan plan_;
  Explained explained_;
};

}  // namespace

Explained explain_session(const Recording& recording, const Engine& engine,
                          const SubjectSession& session, const ExplainRequest& request,
                          const Interrupt& interrupt) {
  return Controls(recording, engine, session, request, interrupt).run();
}

}  // namespace recrank
