#include "harness/shrink/shrink_report.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "harness/console/exit_status.h"
#include "harness/report/difference_report.h"
#include "harness/report/verdict_report.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr size_t kStepsInText = 20;

std::string_view end_name(const ShrinkResult& result) {
  switch (result.end) {
    case ShrinkEnd::kShrunk:
      if (result.flaky) return "flaky";
      return result.minimal ? "minimal" : result.out_of_budget ? "budget" : "nearest-checkpoint";
    case ShrinkEnd::kNotReproducible: return "not-reproducible";
    case ShrinkEnd::kNotProven: return "not-proven";
    case ShrinkEnd::kHangsOnCollections: return "hangs-on-collections";
    case ShrinkEnd::kInterrupted: return "interrupted";
  }
  return "";
}

std::string percent(double share) {
  return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

Json probes_json(const ShrinkResult& result) {
  Json unknown = Json::object();
  for (const auto& [reason, count] : result.counts.unknown) unknown[printable(reason)] = count;
  return {{"asked", result.probes},
          {"from_memory", result.from_memory},
          {"unknown", std::move(unknown)},
          {"engine_runs", result.counts.runs},
          {"steps_run", result.counts.steps_run}};
}

Json tried_json(const ShrinkResult& result) {
  return {{"hits", result.tried.hits},
          {"runs", result.tried.tries},
          {"excluded_above", result.excluded_above}};
}

std::string not_there_text(const ShrinkResult& result) {
  std::string text = "  not shrunk: " + printable(result.why) + "\n";
  if (result.tried.unknown.empty() && result.tried.tries > 0) {
    text += "  seen in " + std::to_string(result.tried.hits) + " of " +
            counted(result.tried.tries, "run") + ": a rate above " +
            percent(result.excluded_above) + " is excluded (95 %)\n";
  }
  return text;
}

std::string probes_text(const ShrinkResult& result) {
  std::string text = "  " + counted(result.probes, "probe") + ", " +
                     counted(result.from_memory, "answer") + " from memory, " +
                     formatted(result.search_s, "%.1f s") + "\n";
  for (const auto& [reason, count] : result.counts.unknown) {
    text += "    " + format_count(count) + " could not be told: " + printable(reason, 200) + "\n";
  }
  return text;
}

std::string runs_text(ShownIn shown) {
  return std::to_string(shown.hits) + " of " + counted(shown.runs, "run");
}

// How small it is: what is claimed of it, on how many runs, and no more.
std::string claim_text(const ShrinkResult& result, const HoldRule& rule) {
  if (result.out_of_budget) return "; the budget ended before it was minimal\n";
  if (result.kept.size() == 1) return "\n";
  if (!result.by_front_cut) {
    if (!result.minimal) return "\n";
    const std::string runs = rule.runs == 1 ? "one run" : "up to " + counted(rule.runs, "run");
    return "; none of them can be left out alone (" + runs + " without each)\n";
  }
  if (result.later.runs == 0) return "\n";
  return result.later.never()
             ? "; from one step later it does not show (" + runs_text(result.later) + ")\n"
             : "; from one step later it shows in " + runs_text(result.later) + "\n";
}

std::string flaky_text(const ShrinkResult& result) {
  if (!result.flaky) return "";
  return "  it comes and goes: that it needs these steps rests on single runs; --runs M --rate R "
         "asks each more often\n";
}

std::string begins_text(const ShrinkResult& result) {
  if (!result.by_front_cut) return "";
  return "  begins with " + result.begins.label() +
         (result.begins_written ? ", which the engine wrote for it\n" : " of the recording\n");
}

std::string kept_steps_text(const ShrinkResult& result, const HoldRule& rule) {
  std::string text = "  " + counted(result.steps_before, "step") + " from " + result.start.label() +
                     ", cut down to " + (result.by_front_cut ? "the last " : "") +
                     format_count(result.kept.size());
  text += claim_text(result, rule);
  text += begins_text(result);
  const size_t shown = std::min(result.kept.size(), kStepsInText);
  for (size_t i = 0; i < shown; ++i) {
    const std::string number = std::to_string(result.kept[i]);  // a front cut keeps it
    text += "    " + (result.by_front_cut ? number : std::to_string(i) + "  (was " + number + ")") +
            "  " + result.kept_words[i] + "\n";
  }
  if (shown < result.kept.size()) {
    text += "    … and " + format_count(result.kept.size() - shown) + " more (--json lists all)\n";
  }
  return text;
}

}  // namespace

int shrink_exit_status(const ShrinkResult& result) {
  if (result.end == ShrinkEnd::kShrunk) return exit_status_of(result.verdict.kind);
  return result.end == ShrinkEnd::kInterrupted ? kExitInterrupted : kExitUnjudged;
}

Json shrink_json(const ShrinkReportInput& input) {
  const ShrinkResult& result = input.result;
  const Subject& subject = result.finding.subject;
  Json report{
      {"schema", "recrank.shrink/1"},
      {"recording", recording_json(input.recording.info(), subject.held_count())},
      {"subject", {{"kind", subject.kind}, {"id", subject.id}, {"name", printable(subject.name)}}},
      {"engine", to_json(input.engine)},
      {"ended", end_name(result)},
      {"method", result.by_front_cut ? "front-cut" : "leave-out"},
      {"finding", to_json(result.finding.result.verdict, {})}};
  const bool shrunk = result.end == ShrinkEnd::kShrunk;
  if (result.steps_before > 0) {
    Json steps{{"from", result.start.label()}, {"before", result.steps_before}};
    if (shrunk) {
      steps["after"] = result.kept.size();
      steps["kept"] = result.kept;
      steps["what"] = result.kept_words;
      if (result.by_front_cut) {
        steps["begins"] = {{"checkpoint", result.begins.label()},
                           {"written", result.begins_written}};
      }
    }
    report["steps"] = std::move(steps);
  }
  report["probes"] = probes_json(result);
  if (shrunk) {
    report["minimal"] = result.minimal;
    report["shown"] = {{"hits", result.shown.hits}, {"runs", result.shown.runs}};
    if (result.later.runs > 0) {
      report["one_step_later"] = {{"hits", result.later.hits}, {"runs", result.later.runs}};
    }
    report["verdict"] = to_json(result.verdict, {});
    report["signature"] = result.verdict.signature;
    report["capsule"] = input.request.capsule.string();
    report["reproduce"] = input.request.reproduce;
  } else {
    report["verdict"] = {
        {"kind", result.end == ShrinkEnd::kInterrupted ? "interrupted" : "unjudged"}};
    if (!result.why.empty()) report["verdict"]["reason"] = printable(result.why);
  }
  if (result.end == ShrinkEnd::kNotReproducible) report["tried"] = tried_json(result);
  report["cost"] = {{"search_s", result.search_s}};
  return report;
}

std::string shrink_text(const ShrinkReportInput& input) {
  const ShrinkResult& result = input.result;
  const Subject& subject = result.finding.subject;
  const RecordingInfo& info = input.recording.info();
  std::string text = "recording  " + info.kind + "  " + printable(info.path) + "\nengine     " +
                     input.engine.name + "  " + printable(input.engine.version) + "  sha256 " +
                     input.engine.sha256.substr(0, 12) + "…\n" + subject.id;
  if (!subject.name.empty()) text += " " + printable(subject.name, 60);
  text += "  " + headline(result.finding.result.verdict) + "\n";
  if (const std::string line = difference_line(result.finding.result.verdict); !line.empty()) {
    text += "    " + line + "\n";
  }
  text += status_only_text(result.finding.result.verdict, "  ");
  if (result.end == ShrinkEnd::kShrunk) {
    text += kept_steps_text(result, input.request.rule) + probes_text(result);
    text += "  " + input.request.capsule.string() + "  replayed: " + headline(result.verdict) +
            ", in " + runs_text(result.shown) + "\n" + flaky_text(result);
    if (result.out_of_budget && !result.by_front_cut)
      text += "  the same command with a larger bound and another -o goes on from " +
              input.request.state.string() + "\n";
    return text + "  reproduce: " + input.request.reproduce + "\n";
  }
  if (result.end == ShrinkEnd::kInterrupted) {
    text += probes_text(result) + "  interrupted";
    if (result.by_front_cut) return text + "; nothing was written\n";
    return text + "; the same command goes on from " + input.request.state.string() + "\n";
  }
  return text + not_there_text(result) + probes_text(result);
}

}  // namespace recrank
