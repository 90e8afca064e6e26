#include "harness/certainty/explain.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/certainty/control_changes.h"
#include "harness/certainty/control_runs.h"
#include "replay/crash/signature.h"
#include "replay/dialect.h"
#include "replay/system.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

bool same_place(const Checkpoint& a, const Checkpoint& b) {
  return a.kind == b.kind && a.next_step == b.next_step;
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
        finding_(session.report.result.verdict),
        runs_(recording, request, interrupt, finding_, explained_.table) {
    base_ = request.base;
    base_.subject_id = session.report.subject.id;
    plan_ = session.report.result.plan;
    for (const ReplayPlan& part : session.report.parts) {
      if (finding_.step && part.range.contains(*finding_.step)) plan_ = part;
    }
  }

  Explained run() {
    ControlTable& table = explained_.table;
    check_evidence();
    if (!table.damage.empty() || plan_.range.empty()) return finish();
    const bool killed = sent_from_outside(finding_.end);
    if (finding_.kind == VerdictKind::kClean) {
      look_for_a_finding();
      if (finding_.kind == VerdictKind::kClean) return finish();
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
      add_collection();
      add_starts();
      add_recorded_parts();
      for (const OtherEngine* each : {&request_.debug, &request_.reference}) add_engine(*each);
      runs_.settle();
    }
    return finish();
  }

 private:
  Explained finish() {
    explained_.table.aslr = base_.aslr;
    explained_.table.beyond = request_.beyond;
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
    ReplayRequest other = base_;
    other.aslr = !base_.aslr;
    const std::vector<ReplayResult> again = runs_.run({&engine_, base_, plan_});
    std::vector<ReplayResult> switched;
    if (has_layout()) switched = runs_.run({&engine_, other, plan_});
    const bool by_itself = take_finding(again);
    const bool only_switched = !by_itself && take_finding(switched);
    // What the session ran was the same again, and it was clean each time.
    const bool same_plan = session_.report.parts.size() <= 1;
    const uint64_t clean_before = same_plan ? session_.repeated.runs : 0;
    if (only_switched) {
      // The finding is one of that layout; the others are the controls of it.
      base_ = other;
      runs_.add(ControlKind::kAgain, again_label(), {&engine_, base_, plan_}, switched);
      runs_.add(ControlKind::kOtherLayout, layout_label(), {&engine_, with_other_layout(), plan_},
                again);
    } else {
      runs_.add(ControlKind::kAgain, again_label(), {&engine_, base_, plan_}, again);
      add_layout_row(switched);
    }
    if (!by_itself && !only_switched) return;
    explained_.table.rows.at(only_switched ? 1 : 0).passed += clean_before;
    const ControlRow& met_in = explained_.table.rows.front();
    explained_.found = FoundByControl{finding_, plan_, base_.aslr, met_in.tally()};
  }

  bool take_finding(const std::vector<ReplayResult>& runs) {
    const auto found = std::find_if(runs.begin(), runs.end(), [](const ReplayResult& each) {
      const VerdictKind kind = each.verdict.kind;
      return kind == VerdictKind::kCrashed || kind == VerdictKind::kDiverged ||
             kind == VerdictKind::kLimit;
    });
    if (found == runs.end()) return false;
    finding_ = found->verdict;
    return true;
  }

  // An engine that is a part of recrank runs in no process of its own.
  [[nodiscard]] bool has_layout() const {
    return system_of_dialect(recording_.info().dialect).native == nullptr;
  }
  [[nodiscard]] ReplayRequest with_other_layout() const {
    ReplayRequest other = base_;
    other.aslr = !base_.aslr;
    return other;
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
    const ControlRecipe recipe{&engine_, base_, plan_};
    const RepeatedVerdict& repeated = session_.repeated;
    if (repeated.asked <= 1 || repeated.runs < request_.runs) {
      return runs_.add(ControlKind::kAgain, again_label(), recipe);
    }
    ControlRow row;
    row.kind = ControlKind::kAgain;
    row.label = again_label();
    for (size_t i = 0; i < repeated.outcomes.size(); ++i) {
      const Verdict& verdict = session_.outcome_verdicts[i];
      for (size_t run = 0; run < repeated.outcomes[i].count; ++run)
        runs_.count(row, verdict, Builds::kSame);
    }
    runs_.keep(std::move(row), recipe);
  }

  void add_layout() {
    if (!has_layout()) return;
    add_layout_row(runs_.run({&engine_, with_other_layout(), plan_}));
  }
  void add_layout_row(const std::vector<ReplayResult>& runs) {
    if (!has_layout()) return;
    runs_.add(ControlKind::kOtherLayout, layout_label(), {&engine_, with_other_layout(), plan_},
              runs);
  }

  void add_limit() {
    const std::optional<LiftedLimit> lifted =
        lift_limit(finding_, base_.limits, dialect_of(recording_));
    if (!lifted || !has_layout()) return;
    explained_.table.limit = lifted->name;
    ControlRecipe recipe{&engine_, base_, plan_};
    recipe.request.limits = lifted->limits;
    runs_.add(ControlKind::kWithoutLimit, "with far more than the " + lifted->name, recipe);
  }

  // One right before the step: the next that the engine makes by itself then comes later.
  void add_collection() {
    const bool collects = dialect_of(recording_).variations().collects;
    if (!collects || !finding_.step || *finding_.step <= plan_.range.begin) return;
    const uint64_t before = *finding_.step - 1;
    ControlRecipe recipe{&engine_, base_, plan_};
    if (recipe.request.perturbation.write_heap_after.holds(before)) return;
    std::vector<uint64_t>& steps = recipe.request.perturbation.write_heap_after.steps;
    steps.insert(std::lower_bound(steps.begin(), steps.end(), before), before);
    recipe.by_perturbation = true;
    // The step pays for finalisers that would have run later.
    CompareOptions& compare = recipe.request.compare;
    const bool crash = finding_.kind != VerdictKind::kDiverged;
    compare.computrons = compare.computrons && !crash;
    compare.snapshots = compare.snapshots && !crash;
    runs_.add(ControlKind::kCollection, "with a collection after step " + std::to_string(before),
              recipe);
  }

  void add_recorded_parts() {
    Setup recorded;
    try {
      recorded = recording_.setup(base_.subject_id, plan_.range.begin);
    } catch (const Error&) {
      return;  // nothing is recorded that could be told instead
    }
    const auto setup = without_recorded_parts(base_.user_setup, recorded);
    if (!setup) return;
    ControlRecipe recipe{&engine_, base_, plan_, Builds::kOther};
    recipe.request.user_setup = *setup;
    runs_.add(ControlKind::kRecordedParts, "with what the recording holds, not the user's", recipe);
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
    const ControlRecipe recipe{&engine_, other, plan};
    runs_.add(kind, "from " + plan.checkpoint.label(), recipe);
    return plan.checkpoint;
  }

  void add_engine(const OtherEngine& other) {
    const ControlKind kind = other.kind;
    const std::string label = "on " + other.name;
    const bool own_count =
        kind == ControlKind::kDebugEngine && finding_.kind == VerdictKind::kDiverged &&
        !finding_.divergences.empty() && finding_.divergences.front().field == Field::kComputrons;
    if (other.engine == nullptr || own_count) {
      if (other.not_there.empty() && !own_count) return;  // nobody missed it
      const char* const own = "a debug build counts computrons in its own way";
      runs_.skip(kind, label, own_count ? own : other.not_there);
      return;
    }
    ControlRecipe recipe{other.engine, base_, plan_, Builds::kOther};
    // A build without optimisation counts otherwise in every delivery, and would diverge at once.
    if (kind == ControlKind::kDebugEngine) recipe.request.compare.computrons = false;
    runs_.add(kind, label, recipe);
  }

  const Recording& recording_;
  const Engine& engine_;
  const SubjectSession& session_;
  const ExplainRequest& request_;
  Verdict finding_;
  ReplayRequest base_;
  ReplayPlan plan_;
  Explained explained_;
  ControlRuns runs_;
};

}  // namespace

Explained explain_session(const Recording& recording, const Engine& engine,
                          const SubjectSession& session, const ExplainRequest& request,
                          const Interrupt& interrupt) {
  return Controls(recording, engine, session, request, interrupt).run();
}

}  // namespace recrank
