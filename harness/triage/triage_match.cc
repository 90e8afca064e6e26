#include "harness/triage/triage_match.h"

#include <algorithm>

#include "harness/triage/native_match.h"

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

// Whether the rule's engine, or the image in its signature, is named after a release that the class
// was seen on: "bun-1.3.13".
bool names_release(const ExpectationRule& rule, const CrashClass& group) {
  return std::any_of(group.builds.begin(), group.builds.end(), [&](const auto& build) {
    const std::string version = version_of(build.first);
    const auto named = [&](const std::string& text) {
      return text.find(version) != std::string::npos;
    };
    return !version.empty() && (named(rule.engine) || named(rule.verdict.signature));
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
  if (death.kind == DeathKind::kNative &&
      same_native_crash(pattern, death.signature, names_release(rule, group))) {
    return MatchGrade::kSame;
  }
  const bool error = death.kind == DeathKind::kUncaught && pattern.find('"') != std::string::npos;
  if (error && without_file(pattern) == without_file(death.signature)) return MatchGrade::kAlike;
  return std::nullopt;
}

// As it stands in the log, else as a replay has it.
std::optional<KnownFinding> known_of(const CrashClass& group,
                                     const std::vector<KnownFinding>& known) {
  const DeathSeen& death = group.sample;
  for (const std::string& form : forms_of(death)) {
    if (auto found = find_known(known, form)) return found;
  }
  if (death.kind != DeathKind::kNative) return std::nullopt;
  const auto same = std::find_if(known.begin(), known.end(), [&](const KnownFinding& each) {
    return same_native_crash(each.signature, death.signature, false);
  });
  return same == known.end() ? std::nullopt : std::optional(*same);
}

}  // namespace

ClassMatch match_class(const CrashClass& group, const std::vector<KnownFinding>& known,
                       const std::vector<Scenario>& scenarios) {
  ClassMatch match;
  match.known = known_of(group, known);
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
