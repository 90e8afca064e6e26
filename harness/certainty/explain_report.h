// --explain: opens the engines that the controls need, runs them for every subject, and says what
// came of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "harness/certainty/explain.h"
#include "harness/request/option_values.h"

namespace recrank {

// Throws kUsage for options that contradict each other, before long work.
[[nodiscard]] size_t explain_runs(const OptionValues& options);

// Told of each control as it is done, with the subject's id.
using ControlObserver = std::function<void(const std::string&, const ControlRow&)>;

// Fills `explain` of every session that was not interrupted; `base` is the replay's own. A session
// that was clean takes over the verdict of a control that was not, and how it is met again.
void explain_sessions(const Recording& recording, const Engine& engine, const OptionValues& options,
                      const SessionRequest& base, const Interrupt& interrupt,
                      const ControlObserver& told, std::vector<SubjectSession>& sessions);

[[nodiscard]] Json explain_json(const Explained& explained);
[[nodiscard]] std::string explain_text(const Explained& explained);

}  // namespace recrank
