// Runs controls and puts what they came to into the table that is reasoned about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/certainty/controls.h"
#include "harness/certainty/explain.h"
#include "replay/judge/replay.h"

namespace recrank {

// How the runs of a row are made.
struct ControlRecipe {
  const Engine* engine = nullptr;
  ReplayRequest request;
  ReplayPlan plan;
  Builds builds = Builds::kSame;
  // The change is a perturbation: a run that did not come to it, or not through it, does not count.
  bool by_perturbation = false;
};

// Refers to all that it is given. One thread.
class ControlRuns {
 public:
  ControlRuns(const Recording& recording, const ExplainRequest& request, const Interrupt& interrupt,
              const Verdict& finding, ControlTable& table)
      : recording_(recording),
        request_(request),
        interrupt_(interrupt),
        finding_(finding),
        table_(table) {}

  // As many runs as each control has; fewer only where it is interrupted or a change not made.
  [[nodiscard]] std::vector<ReplayResult> run(const ControlRecipe& recipe);
  void add(ControlKind kind, const std::string& label, const ControlRecipe& recipe);
  // With runs that were made.
  void add(ControlKind kind, const std::string& label, const ControlRecipe& recipe,
           const std::vector<ReplayResult>& runs);
  void skip(ControlKind kind, const std::string& label, const std::string& why);
  void keep(ControlRow row, const ControlRecipe& recipe);
  void count(ControlRow& row, const Verdict& verdict, Builds builds) const;
  // Runs of their own for each row that seems to differ from the first, which is kAgain.
  void settle();

 private:
  [[nodiscard]] ControlRow more_runs_of(size_t index);

  const Recording& recording_;
  const ExplainRequest& request_;
  const Interrupt& interrupt_;
  const Verdict& finding_;
  ControlTable& table_;
  std::vector<ControlRecipe> recipes_;           // of the table's rows
  std::optional<CollectionCounts> collections_;  // of the runs that were made last
};

}  // namespace recrank
