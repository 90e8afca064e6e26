#include "harness/certainty/controls.h"

#include <algorithm>
#include <cmath>

#include "harness/report/repeat_report.h"
#include "harness/session/repeated.h"
#include "replay/crash/signature.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

// Three of three against none of three is the least that cannot be chance at 95 %.
constexpr uint64_t kFewRuns = 3;

bool is_other_build(ControlKind kind) {
  return kind == ControlKind::kDebugEngine || kind == ControlKind::kReferenceEngine;
}

std::string count_of(const ControlRow& row) {
  std::string text = std::to_string(row.met) + " of " + std::to_string(row.judged());
  if (row.moved > 0) text += " (" + std::to_string(row.moved) + " at another step)";
  return text;
}

enum class Contrast { kNone, kLikely, kSure };

// Whether the change makes a difference to the finding.
Contrast contrast(const ControlRow& again, const ControlRow& row) {
  if (again.judged() == 0 || row.judged() == 0) return Contrast::kNone;
  if (differ(again.tally(), row.tally())) return Contrast::kSure;
  const auto all = [](const ControlRow& r) { return r.met == r.judged(); };
  const bool opposite = (all(again) && row.met == 0) || (again.met == 0 && all(row));
  return opposite ? Contrast::kLikely : Contrast::kNone;
}

bool is_mixed(const ControlRow& row) { return row.met > 0 && row.met < row.judged(); }

// Looks at one table; each rule is a method that says whether it applies.
class Reasoner {
 public:
  explicit Reasoner(const ControlTable& table) : table_(table), again_(find(ControlKind::kAgain)) {}

  Explanation run() {
    const bool decided = corrupt() || killed() || nothing() || unknown() || environment() ||
                         layout() || flaky() || changed_by(Cause::kReload) ||
                         changed_by(Cause::kBuild);
    if (!decided) deterministic();
    if (again_ != nullptr && result_.cause != Cause::kNothing) add_reservations();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const ControlRow* find(ControlKind kind) const {
    const auto row = std::find_if(
        table_.rows.begin(), table_.rows.end(),
        [&](const ControlRow& each) { return each.kind == kind && each.not_run.empty(); });
    return row == table_.rows.end() ? nullptr : &*row;
  }

  bool conclude(Cause cause, std::string why, bool sure) {
    result_.cause = cause;
    result_.why = std::move(why);
    result_.sure = sure;
    return true;
  }

  void reserve(std::string text) { result_.reservations.push_back(std::move(text)); }

  bool corrupt() {
    if (table_.damage.empty()) return false;
    return conclude(Cause::kCorruptEvidence, table_.damage.front(), true);
  }

  bool killed() {
    if (!table_.killed) return false;
    std::string why = "the signal was sent from outside the engine";
    if (again_ != nullptr && again_->judged() > 0) {
      why += "; " + std::to_string(again_->passed) + " of " + std::to_string(again_->judged()) +
             " runs that nobody ended passed the step";
      if (again_->passed < again_->judged()) {
        reserve("runs that nobody ended have a finding of their own: see the table");
      }
    }
    return conclude(Cause::kExternalSignal, why, true);
  }

  bool nothing() {
    if (table_.finding != VerdictKind::kClean) return false;
    uint64_t runs = 0;
    for (const ControlRow& row : table_.rows) runs += row.passed;
    if (runs == 0) return conclude(Cause::kUnknown, "no control was run to its end", false);
    return conclude(Cause::kNothing,
                    "0 of " + std::to_string(runs) + " runs crashed or differed: a rate of " +
                        percent_up(excluded_rate(runs)) + " or more is excluded at 95 %",
                    true);
  }

  bool unknown() {
    if (table_.finding == VerdictKind::kUnjudged || table_.finding == VerdictKind::kInterrupted) {
      return conclude(Cause::kUnknown, table_.reason, false);
    }
    if (again_ != nullptr && again_->judged() > 0) return false;
    return conclude(Cause::kUnknown, "the replay could not be run again", false);
  }

  bool environment() {
    const ControlRow* row = find(ControlKind::kWithoutLimit);
    if (row == nullptr || row->met > 0 || row->moved > 0) return false;
    const Contrast found = contrast(*again_, *row);
    if (found == Contrast::kNone || again_->met == 0) return false;
    return conclude(Cause::kEnvironment,
                    "the " + table_.limit + ": " + count_of(*again_) + " runs under it, " +
                        count_of(*row) + " with far more",
                    found == Contrast::kSure);
  }

  bool layout() {
    const ControlRow* row = find(ControlKind::kOtherLayout);
    if (row == nullptr) return false;
    const Contrast found = contrast(*again_, *row);
    if (found == Contrast::kNone) return false;
    const ControlRow& on = table_.aslr ? *again_ : *row;
    const ControlRow& off = table_.aslr ? *row : *again_;
    if (is_mixed(off)) reserve("not all runs with one fixed layout agree: layout is not all of it");
    return conclude(Cause::kLayout,
                    count_of(on) + " runs with randomised addresses, " + count_of(off) + " without",
                    found == Contrast::kSure);
  }

  bool flaky() {
    const ControlRow* row = find(ControlKind::kOtherLayout);
    const bool other_mixed =
        row != nullptr && (is_mixed(*row) || (row->met == 0 && again_->met == 0));
    if (!is_mixed(*again_) && again_->met > 0 && !other_mixed) return false;
    std::string why = count_of(*again_) + " runs of the same replay";
    if (again_->met == 0) {
      why += ": met once, and a rate of " + percent_up(excluded_rate(again_->judged())) +
             " or more is excluded at 95 %";
    }
    if (row != nullptr) why += "; " + count_of(*row) + " with the other kind of layout";
    if (row != nullptr && is_mixed(table_.aslr ? *again_ : *row) &&
        !is_mixed(table_.aslr ? *row : *again_)) {
      reserve(
          "all runs without randomisation agree: it may hang on the layout, more runs would tell "
          "(--explain-runs)");
    }
    return conclude(Cause::kFlaky, why,
                    is_mixed(*again_) || other_mixed || again_->judged() >= kFewRuns);
  }

  // The strongest contrast among the rows that speak for `cause`.
  bool changed_by(Cause cause) {
    const ControlRow* strongest = nullptr;
    Contrast found = Contrast::kNone;
    for (const ControlRow& row : table_.rows) {
      if (!row.not_run.empty() || cause_of(row.kind) != cause) continue;
      const Contrast each = contrast(*again_, row);
      if (each > found) {
        found = each;
        strongest = &row;
      }
    }
    if (strongest == nullptr) return false;
    return conclude(
        cause,
        count_of(*again_) + " runs as it was, " + count_of(*strongest) + " " + strongest->label,
        found == Contrast::kSure);
  }

  bool deterministic() {
    // The least rate at which so many of so many are no surprise.
    const double least = std::pow(0.05, 1 / static_cast<double>(again_->judged()));
    return conclude(Cause::kDeterministic,
                    count_of(*again_) + " runs, and no control changes it; a rate below " +
                        percent(least) + " is excluded at 95 %",
                    again_->judged() >= kFewRuns);
  }

  static Cause cause_of(ControlKind kind) {
    switch (kind) {
      case ControlKind::kAgain: return Cause::kFlaky;
      case ControlKind::kOtherLayout: return Cause::kLayout;
      case ControlKind::kGenesis:
      case ControlKind::kNearest:
      case ControlKind::kEarlier: return Cause::kReload;
      case ControlKind::kWithoutLimit: return Cause::kEnvironment;
      case ControlKind::kDebugEngine:
      case ControlKind::kReferenceEngine: return Cause::kBuild;
    }
    return Cause::kUnknown;
  }

  void add_reservations() {
    for (const ControlRow& row : table_.rows) {
      if (!row.not_run.empty()) {
        reserve("not looked at: " + row.label + " (" + row.not_run + ")");
        continue;
      }
      const uint64_t runs = row.judged();
      if (runs == 0) {
        reserve(row.label + ": no run of it tells");
      } else if (runs < kFewRuns) {
        reserve(row.label + " rests on " + std::to_string(runs) + (runs == 1 ? " run" : " runs"));
      }
      if (row.killed > 0 && result_.cause != Cause::kExternalSignal) {
        reserve(row.label + ": " + std::to_string(row.killed) +
                " killed from outside, not counted");
      }
      if (is_other_build(row.kind) && row.other > 0) {
        reserve(row.label + ": " + std::to_string(row.other) +
                " ended otherwise before it, not counted");
      }
      add_contradiction(row);
    }
    if (again_->moved > 0) reserve("it also came at other steps");
  }

  // A row that speaks for another cause than the one that was named.
  void add_contradiction(const ControlRow& row) {
    const bool explained =
        cause_of(row.kind) == result_.cause || result_.cause == Cause::kExternalSignal ||
        result_.cause == Cause::kCorruptEvidence || result_.cause == Cause::kUnknown;
    if (explained || row.kind == ControlKind::kAgain) return;
    if (contrast(*again_, row) == Contrast::kNone) {
      // What is there less often, but not so much less that chance is out of the question.
      const bool rarer = row.met == 0 && again_->met > 0 && row.judged() > 0;
      if (rarer) reserve(row.label + ": " + count_of(row) + "; too few runs to tell from chance");
      return;
    }
    reserve(row.label + " changes it too: " + count_of(row) + " against " + count_of(*again_));
  }

  const ControlTable& table_;
  const ControlRow* again_;
  Explanation result_;
};

}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::kNothing: return "nothing to explain";
    case Cause::kDeterministic: return "deterministic";
    case Cause::kLayout: return "layout-dependent";
    case Cause::kReload: return "reload-dependent";
    case Cause::kFlaky: return "flaky";
    case Cause::kBuild: return "build-dependent";
    case Cause::kEnvironment: return "environment";
    case Cause::kExternalSignal: return "external signal";
    case Cause::kCorruptEvidence: return "corrupt evidence";
    case Cause::kUnknown: return "not explained";
  }
  return "";
}

std::string_view to_string(ControlKind kind) {
  switch (kind) {
    case ControlKind::kAgain: return "again";
    case ControlKind::kOtherLayout: return "other-layout";
    case ControlKind::kGenesis: return "from-genesis";
    case ControlKind::kNearest: return "from-nearest";
    case ControlKind::kEarlier: return "from-earlier";
    case ControlKind::kWithoutLimit: return "without-limit";
    case ControlKind::kDebugEngine: return "debug-engine";
    case ControlKind::kReferenceEngine: return "reference-engine";
  }
  return "";
}

ControlOutcome classify(const Verdict& finding, const Verdict& run, Builds builds) {
  if (run.kind == VerdictKind::kUnjudged || run.kind == VerdictKind::kInterrupted) {
    return sent_from_outside(run.end) ? ControlOutcome::kKilled : ControlOutcome::kUnjudged;
  }
  if (run.kind == VerdictKind::kClean) return ControlOutcome::kPassed;
  if (run.step && finding.step && *run.step > *finding.step) return ControlOutcome::kPassed;
  if (outlived(finding, run)) return ControlOutcome::kPassed;
  if (same_outcome(finding, run)) return ControlOutcome::kMet;
  const bool crashes = finding.kind == VerdictKind::kCrashed && run.kind == VerdictKind::kCrashed;
  if (!crashes) return ControlOutcome::kOther;
  const bool alike = builds == Builds::kSame
                         ? finding.signature == run.signature
                         : alike_across_builds(finding.signature, run.signature);
  if (!alike) return ControlOutcome::kOther;
  return finding.step == run.step ? ControlOutcome::kMet : ControlOutcome::kMoved;
}

void ControlRow::add(ControlOutcome outcome) {
  switch (outcome) {
    case ControlOutcome::kMet: ++met; break;
    case ControlOutcome::kMoved: ++moved; break;
    case ControlOutcome::kPassed: ++passed; break;
    case ControlOutcome::kOther: ++other; break;
    case ControlOutcome::kUnjudged: ++unjudged; break;
    case ControlOutcome::kKilled: ++killed; break;
  }
}

uint64_t ControlRow::judged() const {
  return met + moved + passed + (is_other_build(kind) ? 0 : other);
}

Explanation explain(const ControlTable& table) { return Reasoner(table).run(); }

}  // namespace recrank
