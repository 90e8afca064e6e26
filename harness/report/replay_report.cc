#include "harness/report/replay_report.h"

#include <array>
#include <cmath>

#include "base/json.h"
#include "base/text.h"
#include "harness/report/repeat_report.h"
#include "harness/report/subject_table.h"
#include "harness/report/verdict_report.h"

namespace recrank {
namespace {

Json session_json(const SubjectSession& session, bool repeated) {
  Json out = to_json(session.report);
  add_figures(session.figures, out);
  if (repeated) out["repeat"] = repeat_json(session);
  if (session.explain) {
    out["verdict"]["cause"] = session.cause;
    out["explain"] = parse_json(session.explain->json);
  }
  return out;
}

// What a program is started with; nothing for engines that have no such choice.
std::string started_with(const EngineIdentity& identity) {
  std::string text;
  for (const auto& [name, value] : identity.environment)
    text += " " + name + "=" + printable(value, 100);
  for (const std::string& word : identity.arguments) text += " " + printable(word, 100);
  for (const auto& [file, sha256] : identity.files)
    text += ", " + printable(file, 100) + " sha256 " + sha256.substr(0, 12) + "…";
  if (!identity.network.empty()) text += ", network " + identity.network;
  return text.empty() ? "" : "started    with" + text + "\n";
}

std::string session_text(const SubjectSession& session, bool repeated) {
  std::string text = to_text(session.report);
  if (repeated) text += repeat_text(session);
  if (session.explain) text += session.explain->text;
  if (const std::string none = not_reproduced_text(session); !none.empty())
    text += "  " + none + "\n";
  return text;
}

// Whether the table says all that there is to say of it.
bool needs_no_details(const SubjectSession& session, bool repeated) {
  return session.report.result.verdict.kind == VerdictKind::kClean && !repeated &&
         !session.explain && session.report.told.empty();
}

std::string sum_text(const ReplayReportInput& input) {
  std::array<size_t, 6> counts{};
  ComparedCounts compared;
  for (const SubjectSession& session : input.sessions) {
    ++counts[static_cast<size_t>(session.report.result.verdict.kind)];
    compared += session.report.result.compared;
  }
  std::string text = "in all:";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += " " + std::to_string(counts[i]) + " " +
            std::string(to_string(static_cast<VerdictKind>(i))) + ",";
  }
  return text + " " + std::to_string(input.not_replayed.size()) + " not replayed; " +
         compared_text(compared, input.sessions.front().report.every_kind) + "\n";
}

// The table, what it has no room for, and the details of findings.
std::string all_text(const ReplayReportInput& input) {
  std::string text = "\n" + subject_table(input.sessions, input.not_replayed);
  std::vector<const SubjectSession*> brief;
  std::string details;
  for (const SubjectSession& session : input.sessions) {
    if (needs_no_details(session, input.repeated)) brief.push_back(&session);
    else details += "\n" + session_text(session, input.repeated);
  }
  text += subject_remarks(brief);
  for (const Subject* subject : input.not_replayed) {
    text += "  " + subject->id + "  not replayed: " + printable(subject->not_replayable) + "\n";
  }
  if (input.told_ends != nullptr) text += told_ends_text(*input.told_ends, input.recording);
  return text + details + "\n" + sum_text(input);
}

}  // namespace

void add_figures(const SubjectFigures& figures, Json& subject) {
  if (figures.slowest) {
    subject["cost"]["slowest_step"] = {
        {"step", figures.slowest->step},
        {"wall_s", std::round(figures.slowest->seconds * 1000) / 1000}};
  }
  if (figures.memory && figures.memory->samples > 0) {
    const GrowthSummary& memory = *figures.memory;
    subject["cost"]["rss_bytes"] = {{"first", memory.first.rss_bytes},
                                    {"first_step", memory.first.step},
                                    {"last", memory.last.rss_bytes},
                                    {"last_step", memory.last.step}};
  }
  if (figures.heaps) {
    const RecordedHeaps& heaps = *figures.heaps;
    subject["recorded_heaps"] = {{"snapshots", heaps.snapshots},
                                 {"first_bytes", heaps.first_bytes},
                                 {"first_step", heaps.first_step},
                                 {"last_bytes", heaps.last_bytes},
                                 {"last_step", heaps.last_step}};
  }
}

Json replay_json(const ReplayReportInput& input) {
  const auto& [recording, engine, sessions, not_replayed, all, repeated, worst, told] = input;
  uint64_t steps = 0;
  for (const SubjectSession& session : sessions) steps += session.report.subject.held_count();
  Json report{{"schema", "recrank.replay/1"},
              {"recording", recording_json(recording.info(), steps)},
              {"engine", to_json(engine)}};
  if (!all) {
    report.update(session_json(sessions.front(), repeated));
    if (told != nullptr) add_told_ends(*told, report);
    // The contract's order: subject before engine.
    Json ordered;
    for (const char* member : {"schema", "recording", "subject", "engine"})
      ordered[member] = report[member];
    ordered.update(report);
    return ordered;
  }
  Json subjects = Json::array();
  for (const SubjectSession& session : sessions)
    subjects.push_back(session_json(session, repeated));
  report["subjects"] = std::move(subjects);
  Json left = Json::array();
  for (const Subject* subject : not_replayed) {
    left.push_back({{"id", subject->id},
                    {"name", printable(subject->name)},
                    {"why", printable(subject->not_replayable)}});
  }
  report["not_replayed"] = std::move(left);
  if (told != nullptr) add_told_ends(*told, report);
  report["verdict"] = {{"kind", to_string(worst)}};
  return report;
}

std::string replay_text(const ReplayReportInput& input) {
  const RecordingInfo& info = input.recording.info();
  const EngineIdentity& identity = input.engine;
  std::string text = "recording  " + info.kind + "  " + printable(info.path) +
                     (info.evidence.empty() ? "" : " (" + printable(info.evidence) + ")") + "\n";
  text += "engine     " + identity.name + "  " + printable(identity.version) + "  " +
          identity.dialect + "  sha256 " + identity.sha256.substr(0, 12) + "…\n";
  text += started_with(identity);
  if (!input.all) {
    text += session_text(input.sessions.front(), input.repeated);
    return input.told_ends == nullptr ? text : text + told_lines(*input.told_ends);
  }
  return text + all_text(input);
}

}  // namespace recrank
