#include "harness/certainty/explain_report.h"

#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/engines/engine_registry.h"
#include "harness/report/repeat_report.h"

namespace recrank {
namespace {

constexpr size_t kRunsDefault = 5;
constexpr size_t kRunsMax = 1000;
constexpr size_t kLineBytesMax = 300;

// The engine and what holds it.
struct Opened {
  std::unique_ptr<Engine> engine;
  OtherEngine other;
};

Opened open_debug(const EngineRegistry& registry, const std::string& name) {
  constexpr std::string_view kSuffix = "-debug";
  Opened opened;
  opened.other.name = name + std::string(kSuffix);
  if (name.ends_with(kSuffix)) {
    opened.other.name = "another build";
    opened.other.not_there = "this is the debug engine already; --reference-engine names one";
    return opened;
  }
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

Opened open_reference(const EngineRegistry& registry, const OptionValues& options) {
  Opened opened;
  const auto name = options.text("reference-engine");
  if (!name) return opened;
  opened.other.name = *name;
  opened.engine = registry.open(*name);
  opened.other.engine = opened.engine.get();
  return opened;
}

Json row_json(const ControlRow& row) {
  Json out{{"control", to_string(row.kind)}, {"label", row.label}};
  if (!row.not_run.empty()) {
    out["not_run"] = printable(row.not_run, kLineBytesMax);
    return out;
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
  for (const char* name : {"explain-runs", "reference-engine"}) {
    if (options.has(name) && !options.flag("explain")) {
      throw Error(ErrorCode::kUsage, "--" + std::string(name) + " goes with --explain");
    }
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
                      std::vector<SubjectSession>& sessions) {
  if (!options.flag("explain")) return;
  const EngineRegistry registry = EngineRegistry::load();
  const Opened debug = open_debug(registry, engine.identity().name);
  const Opened reference = open_reference(registry, options);
  const ExplainRequest request{base.base, explain_runs(options), base.jobs, debug.other,
                               reference.other};
  for (SubjectSession& session : sessions) {
    if (session.report.result.verdict.kind == VerdictKind::kInterrupted) continue;
    const Explained explained = explain_session(recording, engine, session, request, interrupt);
    if (explained.found) {
      Verdict& verdict = session.report.result.verdict;
      verdict = *explained.found;
      const std::string where = "met by a control only: the replay itself was clean";
      verdict.detail += (verdict.detail.empty() ? "" : "; ") + where;
    }
    session.explain = {"explain", json_text(explain_json(explained)), explain_text(explained)};
    session.cause = to_string(explained.explanation.cause);
  }
}

Json explain_json(const Explained& explained) {
  const Explanation& explanation = explained.explanation;
  Json out{{"cause", to_string(explanation.cause)},
           {"sure", explanation.sure},
           {"why", printable(explanation.why)}};
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
                     printable(explanation.why) + (explanation.sure ? "" : " (not sure)") + "\n";
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
