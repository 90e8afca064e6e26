#include "harness/session/nearby_steps.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "replay/dialect.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr uint64_t kNearbySteps = 3;  // on each side of a finding

}  // namespace

std::string step_words(const Dialect& dialect, const Step& step) {
  std::string words;
  switch (step.kind) {
    case StepKind::kInitializeWorker: words = "initialize-worker"; break;
    case StepKind::kSaveSnapshot: words = "save-snapshot"; break;
    case StepKind::kLoadSnapshot: words = "load-snapshot"; break;
    case StepKind::kShutdownWorker: words = "shutdown-worker"; break;
    case StepKind::kDelivery: try { words = dialect.describe(step);
      } catch (const Error&) {
        words = "(a delivery that is not JSON)";  // shown as such: this line only helps a reader
      }
  }
  return printable(words, 80);
}

std::string describe_delivery(const Dialect& dialect, const Step& step) {
  std::string line = step_words(dialect, step);
  if (step.kind != StepKind::kDelivery) return line;
  if (!step.calls.empty() || step.computrons) line += ", " + counted(step.calls.size(), "call");
  if (step.computrons) line += ", " + counted(*step.computrons, "computron");
  if (step.status == RecordedStatus::kFailed || step.status == RecordedStatus::kError) {
    line += ", recorded as failed: " + printable(step.failure_text, 80);
  }
  return line;
}

std::vector<NearbyStep> steps_around(const Recording& recording, const Subject& subject,
                                     uint64_t step) {
  const Dialect& dialect = dialect_of(recording);
  std::vector<NearbyStep> around;
  for (const StepRange held : subject.held) {
    if (!held.contains(step)) continue;
    const uint64_t begin = std::max(held.begin, step - std::min(step, kNearbySteps));
    const uint64_t end = std::min(held.end, step + kNearbySteps + 1);
    try {
      const auto stream = recording.steps(subject.id, {begin, end});
      Step each;
      while (stream->next(each)) around.push_back({each.number, describe_delivery(dialect, each)});
    } catch (const Error&) {
      // A damaged neighbour is no reason to lose the finding; the list just ends before it.
    }
  }
  return around;
}

bool add_nearby_steps(const Recording& recording, SubjectReport& report) {
  const Verdict& verdict = report.result.verdict;
  const bool finding = verdict.kind == VerdictKind::kDiverged ||
                       verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kLimit;
  if (!finding || !verdict.step) return false;
  report.nearby = steps_around(recording, report.subject, *verdict.step);
  return true;
}

ReplayPlan plan_of_finding(const SubjectReport& report) {
  const auto& step = report.result.verdict.step;
  ReplayPlan plan = report.result.plan;
  for (const ReplayPlan& part : report.parts) {
    if (step && part.range.contains(*step)) plan = part;
  }
  return plan;
}

}  // namespace recrank
