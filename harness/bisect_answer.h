// What a bisection came to, in sentences. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/bisect_session.h"

namespace recrank {

// The change that was asked for, as indices of the list: `from` is the engine before it.
struct BisectChange {
  size_t before = 0;
  size_t after = 0;
  std::vector<size_t> untold;  // between them
};
// nullopt: there is no one such change.
[[nodiscard]] std::optional<BisectChange> change_of(const BisectResult& result);

// "first bad: xsnap-0.15.0-debug", "both ends are good; bad: 1.3.13".
[[nodiscard]] std::string answer_line(const BisectResult& result);

// How sure it is, and what that rests on; empty where nothing was found.
[[nodiscard]] std::string certainty_line(const BisectResult& result);

// That a finding which is not seen is not a finding which is mended, with what speaks for and against
// it. One sentence each; empty where there is no good engine at a change.
[[nodiscard]] std::vector<std::string> caution_lines(const BisectResult& result);

// "0 of 7": runs with the finding, of those that were made. Empty: not tested.
[[nodiscard]] std::string runs_text(const BisectEntry& entry);
// "good", "not tested", "same as NAME".
[[nodiscard]] std::string word_text(const BisectResult& result, const BisectEntry& entry);
// What decided about it, in one line.
[[nodiscard]] std::string outcome_text(const BisectEntry& entry);

}  // namespace recrank
