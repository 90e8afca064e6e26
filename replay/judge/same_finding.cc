#include "replay/judge/same_finding.h"

#include "replay/crash/signal_words.h"
#include "replay/crash/signature.h"
#include "replay/judge/step_end.h"

namespace recrank {
namespace {

bool same_end(const ProcessEnd& a, const ProcessEnd& b) {
  return a.signal == b.signal &&
         (a.signal != 0 || (a.exit_status == b.exit_status && a.meaning == b.meaning));
}

// A process that waits does not hang as one that computes does. What is not known proves nothing.
bool same_pace(HangPace a, HangPace b) {
  return a == b || a == HangPace::kUnknown || b == HangPace::kUnknown;
}

bool same_divergence(const Verdict& a, const Verdict& b) {
  if (a.divergences.empty() || b.divergences.empty()) {
    return a.divergences.empty() == b.divergences.empty();
  }
  const Divergence& x = a.divergences.front();
  const Divergence& y = b.divergences.front();
  return x.step == y.step && x.field == y.field && x.fact == y.fact && x.index == y.index;
}

}  // namespace

bool same_crash_or_limit(const Verdict& a, const Verdict& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == VerdictKind::kLimit) {
    return a.limit.has_value() && b.limit.has_value() && a.limit->kind == b.limit->kind &&
           same_pace(a.limit->end.pace, b.limit->end.pace);
  }
  if (a.kind != VerdictKind::kCrashed) return false;
  if (!a.signature.empty() && !b.signature.empty()) return a.signature == b.signature;
  return same_end(a.end, b.end);
}

bool same_finding(const Verdict& a, const Verdict& b) {
  if (a.kind == VerdictKind::kCrashed || a.kind == VerdictKind::kLimit)
    return same_crash_or_limit(a, b);
  if (a.kind != b.kind) return false;
  return a.kind != VerdictKind::kDiverged || same_divergence(a, b);
}

bool outlived(const Verdict& finding, const Verdict& run) {
  const bool of_a_recorded_death = finding.as_recorded && run.kind == VerdictKind::kDiverged &&
                                   run.step == finding.step && !run.divergences.empty();
  const bool died = run.end.signal != 0 || run.end.exit_status != 0 || !run.end.meaning.empty() ||
                    run.limit.has_value();
  return of_a_recorded_death && !died && run.divergences.front().field == Field::kEnd;
}

bool known_by_status_only(const Verdict& verdict) {
  return verdict.kind == VerdictKind::kCrashed && verdict.end.signal == 0 &&
         !verdict.broke_protocol() &&
         tells_status_only(verdict.signature, verdict.end.exit_status, verdict.end.meaning);
}

std::string finding_words(const Verdict& verdict) {
  std::string words(to_string(verdict.kind));
  if (verdict.kind == VerdictKind::kLimit) {
    if (verdict.limit) words += " " + std::string(to_string(verdict.limit->kind));
  } else if (verdict.kind == VerdictKind::kCrashed) {
    if (verdict.end.signal != 0) words += " " + signal_name(verdict.end.signal);
    else if (verdict.broke_protocol()) words += " " + verdict.end.meaning;
    else words += " exit " + std::to_string(verdict.end.exit_status);
  }
  return words;
}

}  // namespace recrank
