// What several runs of one replay showed, as JSON and as text.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "harness/session/replay_session.h"

namespace recrank {

// The member "repeat": docs/cli.md.
[[nodiscard]] Json repeat_json(const SubjectSession& session);
// Lines, indented by two spaces.
[[nodiscard]] std::string repeat_text(const SubjectSession& session);

// "0 of 10 runs crashed or differed: a rate of 26 % or more is excluded at 95 %". Empty when what
// was looked for was met, or when no run tells.
[[nodiscard]] std::string not_reproduced_text(const SubjectSession& session);

// "26 %"; below ten with a digit: "0.3 %". Rounded up, so that an excluded rate stays excluded.
[[nodiscard]] std::string percent_up(double rate);
[[nodiscard]] std::string percent(double rate);

}  // namespace recrank
