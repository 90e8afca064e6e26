#include "replay/judge/same_finding.h"

#include "replay/crash/signal_words.h"
#include "replay/crash/signature.h"
#include "replay/judge/step_end.h"
#include "replay/verdict_words.h"

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

// Before these stood in a claim, its headline alone said them.
bool same_headline(const Verdict& found, const ClaimedVerdict& claim) {
  Verdict as_claimed = found;
  as_claimed.as_recorded = claim.headline.ends_with("as the recording says");
  return headline(as_claimed) == claim.headline;
}

bool same_limit(const Verdict& found, const ClaimedVerdict& claim) {
  if (claim.limit.empty()) return claim.headline.empty() || same_headline(found, claim);
  return found.limit && to_string(found.limit->kind) == claim.limit;
}

bool same_difference(const Verdict& found, const ClaimedVerdict& claim) {
  if (claim.field.empty()) return claim.headline.empty() || same_headline(found, claim);
  if (found.divergences.empty()) return false;
  const Divergence& first = found.divergences.front();
  return to_string(first.field) == claim.field && first.fact == claim.fact &&
         first.index == claim.call;
}

}  // namespace

bool same_signature(const std::string& a, const std::string& b) {
  const auto unseen = [](const std::string& each) {
    return each.starts_with("SIG") && each.find(' ') == std::string::npos;
  };
  if (!unseen(a) && !unseen(b)) return a == b;
  return a.substr(0, a.find(' ')) == b.substr(0, b.find(' '));
}

ClaimedVerdict claimed(const Verdict& verdict) {
  ClaimedVerdict claim{.kind = std::string(to_string(verdict.kind)),
                       .step = verdict.step,
                       .signature = verdict.signature,
                       .headline = headline(verdict),
                       .limit = {},
                       .field = {},
                       .fact = {},
                       .call = {}};
  if (verdict.limit) claim.limit = to_string(verdict.limit->kind);
  if (verdict.kind == VerdictKind::kDiverged && !verdict.divergences.empty()) {
    const Divergence& first = verdict.divergences.front();
    claim.field = to_string(first.field);
    claim.fact = first.fact;
    claim.call = first.index;
  }
  return claim;
}

ClaimAnswer meets_claim(const Verdict& found, const ClaimedVerdict& claim) {
  if (to_string(found.kind) != claim.kind) return {};
  if (claim.step && found.step != claim.step) return {};
  switch (found.kind) {
    case VerdictKind::kDiverged:
      if (!same_difference(found, claim)) return {false, "another difference"};
      break;
    case VerdictKind::kLimit:
      // Of a hang the signature is one sample of a loop.
      if (!same_limit(found, claim)) return {false, "another limit"};
      break;
    case VerdictKind::kCrashed:
      if (claim.signature.empty() || found.signature.empty()) break;
      if (!same_signature(claim.signature, found.signature)) return {false, "another signature"};
      break;
    default: break;
  }
  return {true, ""};
}

bool same_crash_or_limit(const Verdict& a, const Verdict& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == VerdictKind::kLimit) {
    return a.limit.has_value() && b.limit.has_value() && a.limit->kind == b.limit->kind &&
           same_pace(a.limit->end.pace, b.limit->end.pace);
  }
  if (a.kind != VerdictKind::kCrashed) return false;
  if (!a.signature.empty() && !b.signature.empty()) return same_signature(a.signature, b.signature);
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
