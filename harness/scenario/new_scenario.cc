// Format: docs/formats/scenario.md
#include "harness/scenario/new_scenario.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/console/markdown.h"
#include "harness/report/repeat_report.h"
#include "harness/report/verdict_report.h"
#include "harness/request/capsule_replay.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_options.h"
#include "harness/scenario/scenario_result.h"
#include "replay/verdict_words.h"
#include "snapshot/journal/journal_writer.h"

namespace recrank {
namespace {

constexpr size_t kTitleBytesMax = 160;  // the schema takes 200 characters

const Verdict& verdict_of(const SeenVerdict& seen) { return seen.session->report.result.verdict; }

std::string finding_of(const SeenVerdict& seen) {
  CaseResult result;
  result.session = *seen.session;
  return finding_title(result);
}

std::string title_of(const SeenVerdict& seen) {
  if (!seen.title.empty()) return printable(seen.title, kTitleBytesMax);
  const std::string finding = finding_of(seen);
  return printable(
      (finding.empty() ? "clean" : finding) + ", " + seen.subject_id + " on " + seen.engine.name,
      kTitleBytesMax);
}

Json engine_json(const ScenarioEngineWords& engine) {
  Json json{{"name", engine.name}};
  if (!engine.engine.empty()) json["engine"] = engine.engine;
  if (!engine.needs.empty()) json["needs"] = engine.needs;
  return json;
}

// Chance of exactly `hits` in `runs` at `rate`, which is above 0 and below 1.
double chance_of(uint64_t hits, uint64_t runs, double rate) {
  const auto n = static_cast<double>(runs);
  const auto k = static_cast<double>(hits);
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                  k * std::log(rate) + (n - k) * std::log1p(-rate));
}

// Rounded down to what people read.
Json rate_of(const RepeatedVerdict& repeated) {
  const uint64_t hits = least_hits(repeated.agreed, repeated.runs);
  const double rate = static_cast<double>(hits) / static_cast<double>(repeated.runs);
  if (hits == 0) {
    throw Error(ErrorCode::kUnsupported,
                "it came in " + std::to_string(repeated.agreed) + " of " +
                    std::to_string(repeated.runs) +
                    " runs, too few for a scenario that does not fail by chance: --repeat " +
                    std::to_string(4 * repeated.runs) + " may do");
  }
  return {{"at_least", std::floor(rate * 10'000) / 10'000}};
}

Json expectation(const SeenVerdict& seen) {
  const Verdict& verdict = verdict_of(seen);
  Json expect{{"engine", seen.engine.name}, {"kind", to_string(verdict.kind)}};
  if (verdict.kind != VerdictKind::kClean && verdict.step) expect["step"] = *verdict.step;
  if (verdict.kind == VerdictKind::kDiverged && !verdict.divergences.empty()) {
    expect["field"] = field_name(verdict.divergences.front());
  }
  if (verdict.limit) expect["limit"] = to_string(verdict.limit->kind);
  // Of a hang it is one sample: the next run may show another.
  const bool crashed = verdict.kind == VerdictKind::kCrashed;
  if (crashed && !verdict.signature.empty()) expect["signature"] = verdict.signature;
  if (verdict.as_recorded) expect["as_recorded"] = true;
  const RepeatedVerdict& repeated = seen.session->repeated;
  if (repeated.agreed < repeated.runs) {
    expect["rate"] = rate_of(repeated);
  }
  return expect;
}

std::string row(const std::string& name, const std::string& value) {
  return value.empty() ? "" : "| " + name + " | " + value + " |\n";
}

std::string engine_row(const SeenVerdict& seen) {
  return row("engine", markdown_text(seen.engine.name + ", " + seen.identity.version)) +
         row("its sha256", "`" + seen.identity.sha256 + "`") +
         row("how to get it", markdown_text(seen.engine.needs));
}

std::string recording_row(const SeenVerdict& seen, const std::string& sha256) {
  const std::string steps = std::to_string(seen.range.begin) + " to " +
                            std::to_string(seen.range.end - 1) + " from " + seen.begin;
  return row("recording", "`" + seen.recording_file + "`, sha256 `" + sha256 + "`") +
         row("taken from", markdown_text(seen.source.kind) + ", " + markdown_text(seen.subject_id) +
                               ", steps " + markdown_text(steps));
}

std::string seen_rows(const SeenVerdict& seen, const std::string& sha256) {
  const Verdict& verdict = verdict_of(seen);
  std::string table = "| | |\n|---|---|\n";
  table += row("verdict", markdown_text(headline(verdict)));
  table += row("signature", markdown_text(verdict.signature));
  if (seen.session->repeated.runs > 1) {
    table += row("runs", std::to_string(seen.session->repeated.agreed) + " of " +
                             std::to_string(seen.session->repeated.runs) + " showed it");
  }
  return table + engine_row(seen) + recording_row(seen, sha256);
}

// From inside the directory: the replay alone.
std::string reproducer(const SeenVerdict& seen, const OptionValues& options) {
  const ScenarioEngineWords& engine = seen.engine;
  std::string command = "recrank replay " + seen.recording_file + " --engine " +
                        shell_quote(engine.engine.empty() ? engine.name : engine.engine);
  if (!seen.brings_options) {
    for (const std::string& word : capsule_options_of(options)) command += " " + shell_quote(word);
  }
  const size_t runs = seen.session->repeated.runs;
  if (runs > 1) command += " --repeat " + std::to_string(runs) + " --repeat-all";
  return command;
}

}  // namespace

uint64_t least_hits(uint64_t hits, uint64_t runs) {
  constexpr double kMissed = 0.01;
  const double rate = rate_interval(hits, runs).low;
  if (rate <= 0) return 0;
  double fewer = 0;  // chance of fewer hits than `least`
  uint64_t least = 0;
  while (least < hits && fewer + chance_of(least, runs, rate) <= kMissed) {
    fewer += chance_of(least++, runs, rate);
  }
  return least;
}

Json new_scenario_json(const SeenVerdict& seen, const OptionValues& options) {
  Json scenario{{"schema", kScenarioSchema},
                {"title", title_of(seen)},
                {"recording", {{"path", seen.recording_file}}},
                {"subject", seen.subject_id}};
  add_options(scenario, options);
  const size_t runs = seen.session->repeated.runs;
  if (runs > 1) scenario["repeat"] = runs;
  scenario["engines"] = Json::array({engine_json(seen.engine)});
  scenario["expect"] = Json::array({expectation(seen)});
  return scenario;
}

std::string new_scenario_readme(const SeenVerdict& seen, const OptionValues& options,
                                const Json& scenario, const std::string& recording_sha256) {
  std::string text = "# " + markdown_text(scenario["title"].get<std::string>()) + "\n\n";
  text +=
      "What happened, what is known of the cause and where it is filed: to be written here.\n\n";
  text += "## What was seen\n\n" + seen_rows(seen, recording_sha256) + "\n";
  text += markdown_block("text", evidence_text(seen.session->report));
  text += "\n## How to see it again\n\nIn this directory:\n\n" +
          markdown_block("sh", "recrank run .\n" + reproducer(seen, options) + "\n");
  text +=
      "\nOther engines are added to `engines` of scenario.json, each with what is expected of "
      "it.\n";
  return text;
}

}  // namespace recrank
