#include "harness/triage/triage_match.h"

#include <algorithm>

namespace recrank {
namespace {

// The forms that a replay may give to what the log tells.
std::vector<std::string> forms_of(const DeathSeen& death) {
  std::vector<std::string> forms{death.signature};
  const size_t blank = death.signature.find(' ');
  if (death.kind == DeathKind::kNative && blank != std::string::npos) {
    forms.push_back(death.signature.substr(0, blank + 1) + "jump-to-" +
                    death.signature.substr(blank + 1));
  }
  return forms;
}

// "1.3.13" of "Bun 1.3.13 (bf2e2cec)".
std::string version_of(const std::string& build) {
  const size_t begin = build.find(' ');
  if (begin == std::string::npos) return "";
  return build.substr(begin + 1, build.find(' ', begin + 1) - begin - 1);
}

// Whether the rule's engine is named after a release that the class was seen on: "bun-1.3.13".
bool names_release(const ExpectationRule& rule, const CrashClass& group) {
  return std::any_of(group.builds.begin(), group.builds.end(), [&](const auto& build) {
    const std::string version = version_of(build.first);
    return !version.empty() && rule.engine.find(version) != std::string::npos;
  });
}

// The same error of another file: a bundle has one file for all.
std::string without_file(const std::string& signature) {
  return signature.substr(0, signature.rfind(' '));
}

std::optional<MatchGrade> grade_of(const ExpectationRule& rule, const CrashClass& group) {
  const std::string& pattern = rule.verdict.signature;
  const DeathSeen& death = group.sample;
  for (const std::string& form : forms_of(death)) {
    if (!matches_pattern(pattern, form)) continue;
    if (death.kind != DeathKind::kNative || pattern.find("+0x") != std::string::npos)
      return MatchGrade::kSame;
    // A kind of fault alone is that of many programs: the release has to fit as well.
    if (names_release(rule, group)) return MatchGrade::kAlike;
  }
  const bool error = death.kind == DeathKind::kUncaught && pattern.find('"') != std::string::npos;
  if (error && without_file(pattern) == without_file(death.signature)) return MatchGrade::kAlike;
  return std::nullopt;
}

}  // namespace

ClassMatch match_class(const CrashClass& group, const std::vector<KnownFinding>& known,
                       const std::vector<Scenario>& scenarios) {
  ClassMatch match;
  match.known = find_known(known, group.sample.signature);
  for (const Scenario& scenario : scenarios) {
    for (const ExpectationRule& rule : scenario.expect) {
      if (rule.verdict.signature.empty()) continue;
      const auto grade = grade_of(rule, group);
      if (!grade) continue;
      match.scenarios.push_back({scenario.name, rule.verdict.signature, *grade});
      break;
    }
  }
  return match;
}

}  // namespace recrank
