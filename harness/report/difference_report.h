// Differences as text and as JSON: where two values first differ, and the calls of a step side by
// side. What is found and how: replay/difference/difference.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "replay/difference/call_rows.h"
#include "replay/difference/difference.h"
#include "replay/verdict.h"

namespace recrank {

// How the two sides are called: "expected" and "got", or "A" and "B".
struct SideNames {
  std::string_view expected = "expected";
  std::string_view got = "got";
};

// Both values whole where they are short, else a window of each around the difference, and one more
// line where that says more: the way to the value, the value there, and how far apart two numbers
// are. Without a difference, the beginning of both.
//
//   expected  … 196 equal bytes …\"value\":\"+11891648\"},\"slots\":[]…
//   got       … 196 equal bytes …\"value\":\"+11891129\"},\"slots\":[]…
//   at        [2].body.value: expected "+11891648", got "+11891129", −519
[[nodiscard]] std::string difference_text(std::string_view expected, std::string_view got,
                                          const std::optional<Difference>& difference,
                                          const SideNames& names, const std::string& indent);
// The first difference of a divergence in one line, for where there is room for no more:
// `at [2].body.value: expected "+12", got "+9", −3`. Empty: there is none, or nobody looked.
[[nodiscard]] std::string difference_line(const Verdict& verdict);
// {"path":…,"byte":…,"expected":…,"got":…,"delta":…,"only_expected":[…],"only_got":[…]}
[[nodiscard]] Json difference_json(const Difference& difference, const SideNames& names);

// A table of the rows; empty: there are none.
[[nodiscard]] std::string calls_text(const std::vector<CallRow>& rows, const SideNames& names,
                                     const std::string& indent);
[[nodiscard]] Json calls_json(const std::vector<CallRow>& rows, const SideNames& names);

}  // namespace recrank
