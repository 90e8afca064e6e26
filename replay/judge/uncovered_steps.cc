#include "replay/judge/uncovered_steps.h"

#include <algorithm>

#include "base/text.h"
#include "replay/judge/step_ranges.h"

namespace recrank {
namespace {

constexpr size_t kShownMax = 8;  // a log full of gaps

// The part of a held range from which on steps can be reached, and the part before it.
void add_held(StepRange held, StepRange left, const std::vector<Checkpoint>& checkpoints,
              std::vector<UncoveredSteps>& list) {
  const auto first = std::find_if(checkpoints.begin(), checkpoints.end(), [&](const auto& each) {
    return each.available && each.only_when_asked.empty() && held.contains(each.next_step);
  });
  const uint64_t reached = first == checkpoints.end() ? left.end : first->next_step;
  const StepRange before{left.begin, std::min(left.end, reached)};
  if (!before.empty()) list.push_back({before, "no checkpoint is before them", ""});
  const StepRange behind{std::max(left.begin, reached), left.end};
  if (behind.empty()) return;
  list.push_back({behind, "held", "--to " + std::to_string(behind.end - 1)});
}

// What lies between held ranges, and nothing speaks of.
void add_gaps(const Subject& subject, const std::vector<StepRange>& known, StepRange asked,
              std::vector<UncoveredSteps>& list) {
  const StepRange whole{subject.held.front().begin, subject.held.back().end};
  for (const StepRange& gap : intersect(subtract({whole}, known), {asked})) {
    list.push_back({gap, "not in the recording", ""});
  }
}

}  // namespace

std::vector<UncoveredSteps> uncovered_steps(const Recording& recording,
                                            const ReplayRequest& request, const ReplayPlan& plan) {
  std::vector<UncoveredSteps> list;
  const Subject& subject = find_subject(recording, request.subject_id);
  if (subject.held.empty() || plan.range.empty()) return list;
  const StepRange asked = asked_steps(request);
  const std::vector<Checkpoint> checkpoints = recording.checkpoints(subject.id);
  std::vector<StepRange> known = subject.held;
  for (const StepRange& held : subject.held) {
    for (const StepRange& left : subtract(intersect({held}, {asked}), {plan.range})) {
      add_held(held, left, checkpoints, list);
    }
  }
  for (const MissingSteps& missing : subject.missing) {
    known.push_back(missing.steps);
    for (const StepRange& part : intersect({missing.steps}, {asked})) {
      list.push_back({part, missing.why, ""});
    }
  }
  std::sort(known.begin(), known.end(), [](auto x, auto y) { return x.begin < y.begin; });
  add_gaps(subject, known, asked, list);
  std::sort(list.begin(), list.end(),
            [](const auto& x, const auto& y) { return x.steps.begin < y.steps.begin; });
  return list;
}

std::string uncovered_text(const std::vector<UncoveredSteps>& uncovered) {
  std::string text;
  for (size_t i = 0; i < std::min(uncovered.size(), kShownMax); ++i) {
    const UncoveredSteps& each = uncovered[i];
    text += (i == 0 ? "" : ", ") + range_text(each.steps) + " (" + printable(each.why, 200) +
            (each.remedy.empty() ? "" : ": " + each.remedy + " replays them") + ")";
  }
  if (uncovered.size() > kShownMax) {
    text += ", and " + counted(uncovered.size() - kShownMax, "more range");
  }
  return text;
}

}  // namespace recrank
