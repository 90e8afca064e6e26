#include "harness/bisect/bisect_finding.h"

#include "base/text.h"
#include "replay/crash/signature.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

constexpr size_t kTextMax = 500;

// Short, and fit for a file: what an engine wrote is anything.
void cut(std::string& text) { text = printable(text, kTextMax); }

bool same_crash(const HuntedFinding& hunted, const Verdict& run, const std::string& key) {
  const Verdict& wanted = hunted.verdict;
  const bool signed_both = !wanted.signature.empty() && !run.signature.empty();
  if (!signed_both || key == hunted.engine_key) return same_crash_or_limit(wanted, run);
  return alike_across_builds(wanted.signature, run.signature);
}

// Limits that a history uses up bit by bit: another build meets them some steps off.
bool adds_up(LimitKind kind) {
  return kind == LimitKind::kMemory || kind == LimitKind::kKeys || kind == LimitKind::kWall ||
         kind == LimitKind::kCpu;
}

// Of two engines that both miss a recorded failure, one may live on and the other die otherwise.
bool same_way_to_end(const Verdict& wanted, const Verdict& run) {
  if (wanted.divergences.empty() || wanted.divergences.front().field != Field::kEnd) return true;
  return wanted.end.signal == run.end.signal && wanted.end.exit_status == run.end.exit_status &&
         wanted.limit.has_value() == run.limit.has_value() &&
         (!wanted.limit || wanted.limit->kind == run.limit->kind);
}

bool same_as_hunted(const HuntedFinding& hunted, const Verdict& run, const std::string& key) {
  const Verdict& wanted = hunted.verdict;
  if (run.kind != wanted.kind) return false;
  switch (run.kind) {
    case VerdictKind::kCrashed: return same_crash(hunted, run, key);
    case VerdictKind::kLimit:
      return same_crash_or_limit(wanted, run) &&
             (adds_up(run.limit->kind) || run.step == wanted.step);
    case VerdictKind::kDiverged: return same_finding(wanted, run) && same_way_to_end(wanted, run);
    default: return false;
  }
}

}  // namespace

bool is_finding(VerdictKind kind) {
  return kind == VerdictKind::kCrashed || kind == VerdictKind::kDiverged ||
         kind == VerdictKind::kLimit;
}

BisectRun run_of(const ReplayResult& result) {
  BisectRun run{result.verdict, result.ended, result.perturbed, result.ended_in_perturbation};
  Verdict& verdict = run.verdict;
  if (verdict.divergences.size() > 1) verdict.divergences.resize(1);
  for (Divergence& each : verdict.divergences) {
    cut(each.expected);
    cut(each.got);
    each.difference.reset();  // of what is kept of a run, nobody shows it
    each.calls.clear();
  }
  verdict.end.sent = sent_from_outside(verdict.end);
  verdict.end.report.reset();
  cut(verdict.end.last_words);
  cut(verdict.end.meaning);
  verdict.end.core.clear();
  verdict.end.core_missing.clear();
  if (verdict.limit) {
    verdict.limit->end = {};
    cut(verdict.limit->value);
    cut(verdict.limit->used);
  }
  if (verdict.lived_on) cut(verdict.lived_on->first_call);
  cut(verdict.reason);
  cut(verdict.detail);
  return run;
}

RunWord classify_run(const HuntedFinding& hunted, const BisectRun& run, const std::string& key) {
  const Verdict& verdict = run.verdict;
  if (verdict.kind == VerdictKind::kInterrupted) return RunWord::kInterrupted;
  if (verdict.kind == VerdictKind::kClean) return RunWord::kPassed;
  if (verdict.kind == VerdictKind::kUnjudged) {
    if (verdict.end.sent) return RunWord::kKilled;
    // All steps ran and nothing was there to compare them with: of a crash that says enough.
    const bool enough = !run.ended && hunted.verdict.kind != VerdictKind::kDiverged;
    return enough ? RunWord::kPassed : RunWord::kUnjudged;
  }
  if (verdict.step && *verdict.step > *hunted.verdict.step) return RunWord::kPassed;
  if (same_as_hunted(hunted, verdict, key)) return RunWord::kMet;
  const bool as_recorded = verdict.as_recorded && verdict.step == hunted.verdict.step;
  if (as_recorded || outlived(hunted.verdict, verdict)) return RunWord::kPassed;
  return hunted.any ? RunWord::kMet : RunWord::kOther;
}

}  // namespace recrank
