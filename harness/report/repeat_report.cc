#include "harness/report/repeat_report.h"

#include <cmath>

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

std::string with_digits(double value, int digits) {
  return formatted(value, ("%." + std::to_string(digits) + "f %%").c_str());
}

// What a replay looked for, and how many runs tell that it was not there.
struct NotReproduced {
  std::string what;  // "crashed or differed"
  size_t runs = 0;
};

NotReproduced not_reproduced(const SubjectSession& session) {
  const Verdict& verdict = session.report.result.verdict;
  const RepeatedVerdict& repeated = session.repeated;
  if (verdict.kind == VerdictKind::kClean && repeated.asked > 1) {
    return {"crashed or differed", repeated.runs};
  }
  // The recording holds a failure that these runs did not meet.
  const bool other_end = verdict.kind == VerdictKind::kDiverged && !verdict.divergences.empty() &&
                         verdict.divergences.front().field == Field::kEnd;
  if (other_end && repeated.agreed == repeated.runs) return {"ended as recorded", repeated.runs};
  return {};
}

// Runs that ended as the headline did, whatever their signature and step: of a race, how often it
// dies at all.
struct KindCount {
  std::string what;  // "crashed"
  size_t runs = 0;   // 0: the headline is no finding
};

KindCount of_kind(const SubjectSession& session) {
  const RepeatedVerdict& repeated = session.repeated;
  KindCount count;
  if (session.found_by_control || session.outcome_verdicts.size() != repeated.outcomes.size())
    return count;
  const VerdictKind kind = session.report.result.verdict.kind;
  if (kind != VerdictKind::kCrashed && kind != VerdictKind::kDiverged &&
      kind != VerdictKind::kLimit)
    return count;
  count.what = to_string(kind);
  for (size_t i = 0; i < repeated.outcomes.size(); ++i) {
    if (session.outcome_verdicts[i].kind == kind) count.runs += repeated.outcomes[i].count;
  }
  return count;
}

RateInterval kind_interval(const KindCount& kind, const RepeatedVerdict& repeated) {
  return repeated.interval_kind == IntervalKind::kExact
             ? rate_interval(kind.runs, repeated.runs)
             : anytime_interval(kind.runs, repeated.runs);
}

}  // namespace

std::string percent(double rate) { return with_digits(rate * 100, 0); }

std::string percent_up(double rate) {
  const double percents = rate * 100;
  if (percents >= 10) return with_digits(std::ceil(percents), 0);
  return with_digits(std::ceil(percents * 10) / 10, 1);
}

std::string not_reproduced_text(const SubjectSession& session) {
  const NotReproduced none = not_reproduced(session);
  if (none.runs == 0) return "";
  // Runs in parts say nothing of an engine that lives through the whole.
  const bool apart = session.report.parts.size() > 1;
  return counted_of(0, none.runs, "run") + " " +
         (apart ? "in parts, each from a checkpoint of its own, " : "") + none.what +
         ": a rate of " + percent_up(excluded_rate(none.runs)) + " or more is excluded at 95 %";
}

Json repeat_json(const SubjectSession& session) {
  const RepeatedVerdict& repeated = session.repeated;
  Json outcomes = Json::array();
  for (size_t i = 0; i < repeated.outcomes.size(); ++i) {
    outcomes.push_back(
        {{"verdict", session.outcome_lines[i]}, {"count", repeated.outcomes[i].count}});
  }
  const auto share = static_cast<double>(repeated.agreed) / static_cast<double>(repeated.runs);
  Json out{{"runs", repeated.runs},
           {"asked", repeated.asked},
           {"stopped", to_string(repeated.stopped)},
           {"agreed", repeated.agreed},
           {"rate", share},
           {"interval_95", {repeated.interval.low, repeated.interval.high}},
           {"interval_kind", to_string(repeated.interval_kind)},
           {"outcomes", std::move(outcomes)}};
  if (const KindCount kind = of_kind(session); kind.runs > 0) {
    const RateInterval interval = kind_interval(kind, repeated);
    out["of_kind"] = {
        {"kind", kind.what}, {"runs", kind.runs}, {"interval_95", {interval.low, interval.high}}};
  }
  if (const NotReproduced none = not_reproduced(session); none.runs > 0) {
    out["not_reproduced"] = {{"runs", none.runs},
                             {"excluded_rate", excluded_rate(none.runs)},
                             {"text", not_reproduced_text(session)}};
  }
  return out;
}

std::string repeat_text(const SubjectSession& session) {
  const RepeatedVerdict& repeated = session.repeated;
  std::string text = "  " + counted_of(repeated.agreed, repeated.runs, "run") + " " +
                     (session.found_by_control ? "were clean" : "agree") + " (95 % sure: between " +
                     percent(repeated.interval.low) + " and " + percent(repeated.interval.high) +
                     (repeated.interval_kind == IntervalKind::kAnytime
                          ? ", an interval that holds wherever one stops)\n"
                          : ")\n");
  if (repeated.runs < repeated.asked) {
    text +=
        "    stopped before run " + std::to_string(repeated.runs + 1) + " of " +
        std::to_string(repeated.asked) + ": " + std::string(to_string(repeated.stopped)) +
        (repeated.stopped == StopReason::kAlwaysAlike || repeated.stopped == StopReason::kRateKnown
             ? " (--repeat-all goes on)\n"
             : "\n");
  }
  if (const KindCount kind = of_kind(session); kind.runs > repeated.agreed) {
    const RateInterval interval = kind_interval(kind, repeated);
    text += "    " + std::to_string(kind.runs) + " of " + std::to_string(repeated.runs) + " " +
            (kind.what == "limit" ? "met a limit" : kind.what) +
            ", in whatever way (95 % sure: between " + percent(interval.low) + " and " +
            percent(interval.high) + ")\n";
  }
  if (repeated.outcomes.size() > 1) {
    for (size_t i = 0; i < repeated.outcomes.size(); ++i) {
      text += "    " + std::to_string(repeated.outcomes[i].count) + " x " +
              session.outcome_lines[i] + "\n";
    }
  }
  return text;
}

}  // namespace recrank
