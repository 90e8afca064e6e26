// Numbers of JSON compared exactly.
#pragma once

#include <string>
#include <string_view>

namespace recrank {

// The one spelling of a number: two have the same exactly when they are the same decimal, of
// whatever length. "1.0" and "10e-1" are "1"; "9007199254740993" is not "9007199254740992", though
// no double tells them apart; "-0" is not "0", since programs can tell. `raw` is a number of JSON;
// one whose exponent is beyond 10^15 stays as it is.
[[nodiscard]] std::string json_number(std::string_view raw);

}  // namespace recrank
