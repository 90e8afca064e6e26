#include "harness/certainty/controls.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "harness/report/repeat_report.h"
#include "harness/session/repeated.h"
#include "replay/crash/signature.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

// Three of three against none of three is the least that cannot be chance at 95 %.
constexpr uint64_t kFewRuns = 3;

// What is run there may end otherwise for a reason of its own, which tells nothing of the finding.
bool ends_in_its_own_way(ControlKind kind) {
  return kind == ControlKind::kDebugEngine || kind == ControlKind::kReleaseEngine ||
         kind == ControlKind::kReferenceEngine || kind == ControlKind::kRecordedParts ||
         kind == ControlKind::kCollection;
}

std::string count_of(const ControlRow& row) {
  std::string text = std::to_string(row.met) + " of " + std::to_string(row.judged());
  if (row.moved > 0) text += " (" + std::to_string(row.moved) + " at another step)";
  return text;
}

enum class Contrast { kNone, kLikely, kSure };

constexpr double kChanceMax = 0.05;
constexpr double kSuspicious = 0.1;  // of one row by itself, one-sided

const ControlRow* row_of(const ControlTable& table, ControlKind kind) {
  const auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const ControlRow& each) {
    return each.kind == kind && each.not_run.empty();
  });
  return row == table.rows.end() ? nullptr : &*row;
}

// Each of the rows could have differed, in either direction: with so many claims at hand some
// difference is no surprise.
double claims_of(const ControlTable& table) {
  const auto told = std::count_if(table.rows.begin(), table.rows.end(), [](const ControlRow& row) {
    return row.kind != ControlKind::kAgain && row.not_run.empty() && row.judged() > 0;
  });
  return 2.0 * static_cast<double>(std::max<std::ptrdiff_t>(1, told));
}

bool is_opposite(Tally a, Tally b) {
  return (a.hits == a.runs && b.hits == 0) || (a.hits == 0 && b.hits == b.runs);
}

// Whether the change makes a difference to the finding, and the chance of being wrong about it.
struct Contrasted {
  Contrast contrast = Contrast::kNone;
  double chance = 1;
};

Contrasted contrast(const ControlTable& table, const ControlRow& again, const ControlRow& row) {
  if (again.judged() == 0 || row.judged() == 0) return {};
  if (row.second) {
    // One claim in one direction, tested by runs that had no part in choosing it.
    const auto [of_again, of_row] = *row.second;
    const bool rarer = row.met * again.judged() < again.met * row.judged();
    const bool still = of_row.hits * of_again.runs < of_again.hits * of_row.runs;
    const double chance = chance_of_difference(of_again, of_row);
    const bool sure = rarer == still && differ(of_again, of_row);
    return sure ? Contrasted{Contrast::kSure, chance} : Contrasted{};
  }
  const double chance =
      std::min(1.0, claims_of(table) * chance_of_difference(again.tally(), row.tally()));
  if (chance <= kChanceMax) return {Contrast::kSure, chance};
  return is_opposite(again.tally(), row.tally()) ? Contrasted{Contrast::kLikely, chance}
                                                 : Contrasted{};
}

// What a collection that was forced did to those that the engine makes.
std::string collections_words(const ControlRow& again, const ControlRow& row) {
  if (row.kind != ControlKind::kCollection || !again.collections || !row.collections) return "";
  const auto words = [](const CollectionCounts& counts) {
    return std::to_string(counts.least) +
           (counts.least == counts.most ? "" : " to " + std::to_string(counts.most));
  };
  return "; the engine had collected " + words(*again.collections) + " times before, here " +
         words(*row.collections);
}

bool is_mixed(const ControlRow& row) { return row.met > 0 && row.met < row.judged(); }

// Looks at one table; each rule is a method that says whether it applies.
class Reasoner {
 public:
  explicit Reasoner(const ControlTable& table)
      : table_(table), again_(row_of(table, ControlKind::kAgain)) {}

  Explanation run() {
    const bool decided = corrupt() || killed() || nothing() || unknown() || environment() ||
                         layout() || flaky() || changed_by(Cause::kCollection) ||
                         changed_by(Cause::kReload) || changed_by(Cause::kBuild);
    if (!decided) deterministic();
    if (again_ != nullptr && result_.cause != Cause::kNothing) add_reservations();
    return std::move(result_);
  }

 private:
  [[nodiscard]] Contrasted contrast_of(const ControlRow& row) const {
    return contrast(table_, *again_, row);
  }

  bool conclude(Cause cause, std::string why, bool sure) {
    result_.cause = cause;
    result_.why = std::move(why);
    result_.sure = sure;
    return true;
  }

  // By what a row shows.
  bool conclude(Cause cause, std::string why, const Contrasted& found) {
    result_.chance = found.chance;
    return conclude(cause, std::move(why), found.contrast == Contrast::kSure);
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
      why += "; " + counted_of(again_->passed, again_->judged(), "run") +
             " that nobody ended passed the step";
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
                    counted_of(0, runs, "run") + " crashed or differed: a rate of " +
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
    const ControlRow* row = row_of(table_, ControlKind::kWithoutLimit);
    if (row == nullptr || row->met > 0 || row->moved > 0) return false;
    const Contrasted found = contrast_of(*row);
    if (found.contrast == Contrast::kNone || again_->met == 0) return false;
    return conclude(Cause::kEnvironment,
                    "the " + table_.limit + ": " + count_of(*again_) + " runs under it, " +
                        count_of(*row) + " with far more",
                    found);
  }

  bool layout() {
    const ControlRow* row = row_of(table_, ControlKind::kOtherLayout);
    if (row == nullptr) return false;
    const Contrasted found = contrast_of(*row);
    if (found.contrast == Contrast::kNone) return false;
    const ControlRow& on = table_.aslr ? *again_ : *row;
    const ControlRow& off = table_.aslr ? *row : *again_;
    if (is_mixed(off)) reserve("not all runs with one fixed layout agree: layout is not all of it");
    return conclude(Cause::kLayout,
                    count_of(on) + " runs with randomised addresses, " + count_of(off) + " without",
                    found);
  }

  bool flaky() {
    const ControlRow* row = row_of(table_, ControlKind::kOtherLayout);
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
    Contrasted found;
    for (const ControlRow& row : table_.rows) {
      if (!row.not_run.empty() || cause_of(row.kind) != cause) continue;
      const Contrasted each = contrast_of(row);
      if (each.contrast > found.contrast) {
        found = each;
        strongest = &row;
      }
    }
    if (strongest == nullptr) return false;
    return conclude(cause,
                    count_of(*again_) + " runs as it was, " + count_of(*strongest) + " " +
                        strongest->label + collections_words(*again_, *strongest),
                    found);
  }

  bool deterministic() {
    // The least rate at which so many of so many are no surprise.
    const double least = std::pow(0.05, 1 / static_cast<double>(again_->judged()));
    for (const std::string& each : table_.beyond) reserve("not looked at: " + each);
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
      case ControlKind::kCollection: return Cause::kCollection;
      case ControlKind::kRecordedParts:
      case ControlKind::kDebugEngine:
      case ControlKind::kReleaseEngine:
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
        reserve(row.label + " rests on " + counted(runs, "run"));
      }
      if (row.killed > 0 && result_.cause != Cause::kExternalSignal) {
        reserve(row.label + ": " + std::to_string(row.killed) +
                " killed from outside, not counted");
      }
      if (ends_in_its_own_way(row.kind) && row.other > 0) {
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
    if (contrast_of(row).contrast == Contrast::kNone) {
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
    case Cause::kCollection: return "collection-dependent";
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
    case ControlKind::kCollection: return "collection";
    case ControlKind::kRecordedParts: return "recorded-parts";
    case ControlKind::kDebugEngine: return "debug-engine";
    case ControlKind::kReleaseEngine: return "release-engine";
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

void ControlRow::add(const ControlRow& more) {
  met += more.met;
  moved += more.moved;
  passed += more.passed;
  other += more.other;
  unjudged += more.unjudged;
  killed += more.killed;
  for (const std::string& line : more.elsewise) {
    if (std::find(elsewise.begin(), elsewise.end(), line) == elsewise.end())
      elsewise.push_back(line);
  }
}

uint64_t ControlRow::judged() const {
  return met + moved + passed + (ends_in_its_own_way(kind) ? 0 : other);
}

Explanation explain(const ControlTable& table) { return Reasoner(table).run(); }

bool needs_second_look(const ControlTable& table, const ControlRow& row) {
  const ControlRow* again = row_of(table, ControlKind::kAgain);
  if (again == nullptr || &row == again || !row.not_run.empty() || row.second) return false;
  if (again->judged() == 0 || row.judged() == 0) return false;
  if (contrast(table, *again, row).contrast == Contrast::kSure) return false;
  return is_opposite(again->tally(), row.tally()) ||
         chance_of_difference(again->tally(), row.tally()) <= kSuspicious;
}

}  // namespace recrank
