#include "harness/cli/replay_watch.h"

#include "base/json.h"
#include "harness/report/telemetry_report.h"

namespace recrank {

ReplayWatch::ReplayWatch(const OptionValues& options, const Outputs& outputs) {
  observers_.add(growth_);
  observers_.add(slowest_);
  if (const auto path = options.text("telemetry")) {
    file_.emplace(outputs, *path);
    observers_.add(*file_);
  }
}

void ReplayWatch::finish(const std::vector<std::string>& subject_ids, const Limits& limits,
                         std::vector<SubjectSession>& sessions) {
  if (file_) file_->commit(subject_ids);
  for (SubjectSession& session : sessions) {
    const Verdict& verdict = session.report.result.verdict;
    const std::string& id = session.report.subject.id;
    const std::optional<GrowthSummary> growth =
        growth_.summary(id, session.repeated.headline, verdict.step);
    session.figures.slowest = slowest_.of(id, session.repeated.headline);
    session.figures.memory = growth;
    if (!growth || (!file_ && !tells_of_memory(verdict))) continue;
    session.report.told.push_back({"telemetry", json_text(telemetry_json(*growth, verdict, limits)),
                                   telemetry_text(*growth, verdict, limits)});
  }
}

}  // namespace recrank
