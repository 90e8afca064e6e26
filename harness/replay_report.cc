#include "harness/replay_report.h"

#include <array>

#include "base/text.h"
#include "harness/repeat_report.h"

namespace recrank {
namespace {

Json session_json(const SubjectSession& session, bool repeated) {
  Json out = to_json(session.report);
  if (repeated) out["repeat"] = repeat_json(session);
  if (!session.explain.is_null()) {
    out["verdict"]["cause"] = session.explain["cause"];
    out["explain"] = session.explain;
  }
  return out;
}

// What a program is started with; nothing for engines that have no such choice.
std::string started_with(const EngineIdentity& identity) {
  std::string text;
  for (const auto& [name, value] : identity.environment) text += " " + name + "=" + printable(value, 100);
  for (const std::string& word : identity.arguments) text += " " + printable(word, 100);
  for (const auto& [file, sha256] : identity.files) text += ", " + printable(file, 100) + " sha256 " + sha256.substr(0, 12) + "…";
  if (!identity.network.empty()) text += ", network " + identity.network;
  return text.empty() ? "" : "started    with" + text + "\n";
}

}  // namespace

Json replay_json(const ReplayReportInput& input) {
  const auto& [recording, engine, sessions, not_replayed, all, repeated, worst] = input;
  uint64_t steps = 0;
  for (const SubjectSession& session : sessions) steps += session.report.subject.held_count();
  Json report{{"schema", "recrank.replay/1"},
              {"recording", recording_json(recording.info(), steps)},
              {"engine", to_json(engine)}};
  if (!all) {
    report.update(session_json(sessions.front(), repeated));
    // The contract's order: subject before engine.
    Json ordered;
    for (const char* member : {"schema", "recording", "subject", "engine"}) ordered[member] = report[member];
    ordered.update(report);
    return ordered;
  }
  Json subjects = Json::array();
  for (const SubjectSession& session : sessions) subjects.push_back(session_json(session, repeated));
  report["subjects"] = std::move(subjects);
  Json left = Json::array();
  for (const Subject* subject : not_replayed) {
    left.push_back({{"id", subject->id}, {"name", printable(subject->name)}, {"why", printable(subject->not_replayable)}});
  }
  report["not_replayed"] = std::move(left);
  report["verdict"] = {{"kind", to_string(worst)}};
  return report;
}

std::string replay_text(const ReplayReportInput& input) {
  const RecordingInfo& info = input.recording.info();
  const EngineIdentity& identity = input.engine;
  const std::vector<SubjectSession>& sessions = input.sessions;
  std::string text = "recording  " + std::string(to_string(info.kind)) + "  " + printable(info.path) +
                     (info.evidence.empty() ? "" : " (" + printable(info.evidence) + ")") + "\n";
  text += "engine     " + identity.name + "  " + printable(identity.version) + "  " + identity.dialect +
          "  sha256 " + identity.sha256.substr(0, 12) + "…\n";
  text += started_with(identity);
  std::array<size_t, 6> counts{};
  for (const SubjectSession& session : sessions) {
    text += to_text(session.report);
    if (input.repeated) text += repeat_text(session);
    text += session.explain_text;
    if (const std::string none = not_reproduced_text(session); !none.empty()) text += "  " + none + "\n";
    ++counts[static_cast<size_t>(session.report.result.verdict.kind)];
  }
  for (const Subject* subject : input.not_replayed) {
    text += subject->id + " " + printable(subject->name, 60) + "  not replayed: " + printable(subject->not_replayable) + "\n";
  }
  if (sessions.size() < 2) return text;
  text += "in all:";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += " " + std::to_string(counts[i]) + " " + std::string(to_string(static_cast<VerdictKind>(i))) + ",";
  }
  text += " " + std::to_string(input.not_replayed.size()) + " not replayed\n";
  return text;
}

}  // namespace recrank
