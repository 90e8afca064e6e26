#include "harness/certainty/explain_report.h"

#include <cmath>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/certainty/reference_engine.h"
#include "harness/engines/engine_registry.h"
#include "harness/report/repeat_report.h"
#include "replay/system.h"

namespace recrank {
namespace {

constexpr size_t kRunsDefault = 5;
constexpr size_t kRunsMax = 1000;
constexpr size_t kLineBytesMax = 300;
constexpr double kMissedBefore = 0.05;

// The engine and what holds it.
struct Opened {
  std::unique_ptr<Engine> engine;
  OtherEngine other;
};

// The debug build of an engine, or of a debug build the release build.
Opened open_twin(const EngineRegistry& registry, const std::string& name) {
  constexpr std::string_view kSuffix = "-debug";
  Opened opened;
  const bool is_debug = name.ends_with(kSuffix);
  opened.other.kind = is_debug ? ControlKind::kReleaseEngine : ControlKind::kDebugEngine;
  opened.other.name =
      is_debug ? name.substr(0, name.size() - kSuffix.size()) : name + std::string(kSuffix);
  for (const EngineEntry& entry : registry.entries()) {
    if (entry.name != opened.other.name) continue;
    try {
      opened.engine = open_engine(entry);
    } catch (const Error& error) {
      opened.other.not_there = error.what();
    }
  }
  opened.other.engine = opened.engine.get();
  if (!opened.engine && opened.other.not_there.empty()) {
    opened.other.not_there = "no engine of that name is known: recrank engines add";
  }
  return opened;
}

Opened open_reference(const EngineRegistry& registry, const OptionValues& options,
                      const Recording& recording, const EngineIdentity& used, const Opened& twin) {
  std::vector<std::string> known{used.sha256};
  if (twin.engine) known.push_back(twin.engine->identity().sha256);
  Opened opened;
  opened.engine = open_reference_engine(registry, options, recording, known);
  if (opened.engine) opened.other.name = opened.engine->identity().name;
  opened.other.engine = opened.engine.get();
  return opened;
}

std::vector<std::string> beyond_controls(const Recording& recording, const Opened& reference) {
  const System& system = system_of_dialect(recording.info().dialect);
  if (reference.engine || system.native != nullptr) return {};
  return {system.programs == nullptr
              ? "another engine (--reference-engine names one)"
              : "another engine (no other is known that speaks " + recording.info().dialect +
                    "; --reference-engine names one)"};
}

Json row_json(const ControlRow& row) {
  Json out{{"control", to_string(row.kind)}, {"label", row.label}};
  if (!row.not_run.empty()) {
    out["not_run"] = printable(row.not_run, kLineBytesMax);
    return out;
  }
  if (row.collections) out["collections_before"] = {row.collections->least, row.collections->most};
  if (row.second) {
    out["second_look"] = {
        {"runs", row.second->row.runs},
        {"met", row.second->row.hits},
        {"again", {{"runs", row.second->again.runs}, {"met", row.second->again.hits}}}};
  }
  const RateInterval interval = rate_interval(row.met, row.judged());
  out.update({{"runs", row.judged()},
              {"met", row.met},
              {"moved", row.moved},
              {"passed", row.passed},
              {"other", row.other},
              {"unjudged", row.unjudged},
              {"killed", row.killed},
              {"interval_95", {interval.low, interval.high}}});
  if (!row.elsewise.empty()) out["otherwise"] = row.elsewise;
  return out;
}

std::string surety_words(const Explanation& explanation) {
  std::string words = explanation.sure ? "" : "not sure";
  if (explanation.chance) {
    words += std::string(words.empty() ? "" : ": ") + "chance alone does so in " +
             percent_up(*explanation.chance) + " of cases at most";
  }
  return words.empty() ? "" : " (" + words + ")";
}

// The session was clean; from here on its verdict is the control's, with the command that meets it.
void take_over(const FoundByControl& found, const ReplayRequest& base, SubjectSession& session) {
  SubjectReport& report = session.report;
  report.result.verdict = found.verdict;
  std::string& detail = report.result.verdict.detail;
  detail += detail.empty() ? "" : "; ";
  detail += "met by a control only: the replay itself was clean";
  report.parts = {found.plan};
  session.found_by_control = true;
  if (found.aslr != base.aslr) session.reproduce_with.set("aslr", found.aslr ? "on" : "off");
  if (found.tally.hits == found.tally.runs) return;
  // One that comes seldom is met again when it is looked for as long as it takes, at 95 %.
  const double rate = static_cast<double>(found.tally.hits) / static_cast<double>(found.tally.runs);
  const double runs = std::ceil(std::log(kMissedBefore) / std::log1p(-rate));
  session.reproduce_with.set("repeat", std::to_string(static_cast<uint64_t>(runs)));
}

std::vector<std::string> row_cells(const ControlRow& row) {
  std::vector<std::string> cells{row.label};
  if (!row.not_run.empty()) {
    cells.insert(cells.end(),
                 {"-", "-", "", "", "", "not run: " + printable(row.not_run, kLineBytesMax)});
    return cells;
  }
  std::string note = joined(row.elsewise, "; ");
  const RateInterval interval = rate_interval(row.met, row.judged());
  const bool told = row.judged() > 0;
  cells.insert(cells.end(), {std::to_string(row.judged()), std::to_string(row.met),
                             told ? percent(interval.low) + " to " + percent(interval.high) : "",
                             std::to_string(row.passed), std::to_string(row.moved),
                             printable(note, kLineBytesMax)});
  return cells;
}

}  // namespace

size_t explain_runs(const OptionValues& options) {
  if (options.has("explain-runs") && !options.flag("explain")) {
    throw Error(ErrorCode::kUsage, "--explain-runs goes with --explain");
  }
  if (options.has("reference-engine") && !options.flag("explain") &&
      options.text("js") != "trace") {
    throw Error(ErrorCode::kUsage, "--reference-engine goes with --explain, or with --js=trace");
  }
  const uint64_t runs = options.number("explain-runs").value_or(kRunsDefault);
  if (runs < 1 || runs > kRunsMax) {
    throw Error(ErrorCode::kUsage,
                "--explain-runs takes a number from 1 to " + std::to_string(kRunsMax));
  }
  return runs;
}

void explain_sessions(const Recording& recording, const Engine& engine, const OptionValues& options,
                      const SessionRequest& base, const Interrupt& interrupt,
                      const ControlObserver& told, std::vector<SubjectSession>& sessions) {
  if (!options.flag("explain")) return;
  const EngineRegistry registry = EngineRegistry::load();
  const Opened twin = open_twin(registry, engine.identity().name);
  const Opened reference = open_reference(registry, options, recording, engine.identity(), twin);
  ExplainRequest request{base.base,  explain_runs(options), base.jobs,
                         twin.other, reference.other,       beyond_controls(recording, reference),
                         nullptr};
  for (SubjectSession& session : sessions) {
    if (session.report.result.verdict.kind == VerdictKind::kInterrupted) continue;
    if (told) {
      request.told = [&](const ControlRow& row) { told(session.report.subject.id, row); };
    }
    const Explained explained = explain_session(recording, engine, session, request, interrupt);
    if (explained.found) take_over(*explained.found, base.base, session);
    session.explain = {"explain", json_text(explain_json(explained)), explain_text(explained)};
    session.cause = to_string(explained.explanation.cause);
  }
}

Json explain_json(const Explained& explained) {
  const Explanation& explanation = explained.explanation;
  Json out{{"cause", to_string(explanation.cause)},
           {"sure", explanation.sure},
           {"why", printable(explanation.why)}};
  if (explanation.chance) out["chance"] = *explanation.chance;
  Json reservations = Json::array();
  for (const std::string& each : explanation.reservations) reservations.push_back(printable(each));
  out["reservations"] = std::move(reservations);
  Json rows = Json::array();
  for (const ControlRow& row : explained.table.rows) rows.push_back(row_json(row));
  out["rows"] = std::move(rows);
  Json damage = Json::array();
  for (const std::string& each : explained.table.damage) damage.push_back(printable(each));
  out["evidence"] = {{"hashes", explained.evidence.hashes}, {"damage", std::move(damage)}};
  return out;
}

std::string explain_text(const Explained& explained) {
  const Explanation& explanation = explained.explanation;
  std::string text = "  cause      " + std::string(to_string(explanation.cause)) + ": " +
                     printable(explanation.why) + surety_words(explanation) + "\n";
  if (!explained.table.rows.empty()) {
    std::vector<std::vector<std::string>> cells{
        {"control", "runs", "met", "95 %", "passed", "moved", "otherwise"}};
    for (const ControlRow& row : explained.table.rows) cells.push_back(row_cells(row));
    const std::string table = format_table(cells);
    for (size_t begin = 0; begin < table.size();) {
      const size_t end = table.find('\n', begin);
      text += "    " + table.substr(begin, end + 1 - begin);
      begin = end + 1;
    }
  }
  text +=
      "    evidence: " + format_count(explained.evidence.hashes) +
      " stored hashes computed anew, " +
      (explained.table.damage.empty() ? "all hold"
                                      : std::to_string(explained.table.damage.size()) + " do not") +
      "\n";
  for (const std::string& each : explanation.reservations)
    text += "    but: " + printable(each) + "\n";
  return text;
}

}  // namespace recrank
