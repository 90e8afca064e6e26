#include "harness/cli/replay_watch.h"

#include "base/error.h"
#include "base/json.h"
#include "harness/report/console_report.h"
#include "harness/report/telemetry_report.h"

namespace recrank {

ReplayWatch::ReplayWatch(const OptionValues& options, const Outputs& outputs) {
  observers_.add(growth_);
  observers_.add(slowest_);
  observers_.add(console_);
  if (const auto path = options.text("console")) {
    console_file_.emplace(outputs, *path);
    observers_.add(*console_file_);
  }
  if (const auto path = options.text("telemetry")) {
    file_.emplace(outputs, *path);
    observers_.add(*file_);
  }
}

std::vector<std::string> ReplayWatch::finish(const std::vector<std::string>& subject_ids,
                                             const Limits& limits,
                                             std::vector<SubjectSession>& sessions) {
  std::vector<std::string> lost;
  const auto complete = [&](const auto& commit) {
    try {
      commit();
    } catch (const Error& error) {
      lost.emplace_back(error.what());
    }
  };
  if (file_) complete([&] { file_->commit(subject_ids); });
  if (console_file_) complete([&] { console_file_->commit(); });
  for (SubjectSession& session : sessions) {
    const Verdict& verdict = session.report.result.verdict;
    const std::string& id = session.report.subject.id;
    const std::optional<GrowthSummary> growth =
        growth_.summary(id, session.repeated.headline, verdict.step);
    session.figures.slowest = slowest_.of(id, session.repeated.headline);
    session.figures.memory = growth;
    if (verdict.step && verdict.kind != VerdictKind::kInterrupted) {
      const ConsoleTail tail = console_.before(id, session.repeated.headline, *verdict.step);
      if (!tail.lines.empty()) session.report.captured.push_back(console_part(tail));
    }
    if (!growth || (!file_ && !tells_of_memory(verdict))) continue;
    session.report.told.push_back({"telemetry", json_text(telemetry_json(*growth, verdict, limits)),
                                   telemetry_text(*growth, verdict, limits)});
  }
  return lost;
}

}  // namespace recrank
