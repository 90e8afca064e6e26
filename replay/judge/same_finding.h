// Whether two findings are one: the same kind of end, of the same signature, at whatever step.
// same_outcome() (harness/session/repeated.h) asks for the same step as well.
#pragma once

#include <string>

#include "replay/verdict.h"
#include "snapshot/claim.h"

namespace recrank {

// Whether two signatures may be of one crash of one build. A death that nobody looked at (--capture
// none) has its signal alone for a signature: then the signals decide.
[[nodiscard]] bool same_signature(const std::string& a, const std::string& b);

// Crashes and limits only; anything else is never the same. Of crashes the signatures decide where
// both have one, else signal or exit status. Of limits the kind and, of hangs, whether it waited,
// computed or grew: where it stood is one sample of a loop.
[[nodiscard]] bool same_crash_or_limit(const Verdict& a, const Verdict& b);

// The same for every kind: two divergences are one when their first differences are at one step,
// field and call; two verdicts that found nothing are one when their kinds agree.
[[nodiscard]] bool same_finding(const Verdict& a, const Verdict& b);

// The recording holds the death that was found, and this run lived on at that step.
[[nodiscard]] bool outlived(const Verdict& finding, const Verdict& run);
// It is an exit of which nothing but the status is known: any other failure that ends with that
// status would be the same finding.
[[nodiscard]] bool known_by_status_only(const Verdict& verdict);

// The verdict as a recording may claim it, and whether a replay found the same: kind, step, and
// what same_finding() goes by. `met` is whether it did; else it says in words what is otherwise.
[[nodiscard]] ClaimedVerdict claimed(const Verdict& verdict);
struct ClaimAnswer {
  bool met = false;
  std::string otherwise;  // "another signature"; empty: another kind or step
};
[[nodiscard]] ClaimAnswer meets_claim(const Verdict& found, const ClaimedVerdict& claim);

// "crashed SIGSEGV", "crashed exit 15", "limit computrons": a finding without its step.
[[nodiscard]] std::string finding_words(const Verdict& verdict);

}  // namespace recrank
